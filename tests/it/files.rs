//! Who can read what the program writes.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

#[test]
fn what_the_program_writes_is_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("bridge-config.yaml");
    let text = format!(
        "homeserver: {{url: 'http://127.0.0.1:1', domain: desk.test}}\n\
         appservice: {{registration: '{0}/registration.yaml'}}\ndatabase: {{url: 'sqlite://{0}/desk.db'}}\n",
        folder.path().display()
    );
    std::fs::write(&config, text).unwrap();
    for command in ["registration", "export"] {
        // Whatever the shell lets others read by itself.
        let script =
            format!("umask 000; exec {} {command} -c {}", env!("CARGO_BIN_EXE_switchroom"), config.display());
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let mut written = Vec::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        if entry.path() != config {
            let name = entry.file_name().into_string().unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{name}");
            written.push(name);
        }
    }
    for name in ["registration.yaml", "desk.db", "desk.db.lock"] {
        assert!(written.iter().any(|written| written == name), "{name}: {written:?}");
    }
}
