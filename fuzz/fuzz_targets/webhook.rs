#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| switchroom_fuzz::run("webhook", data));
