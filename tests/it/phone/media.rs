//! Pictures and sound on the phones' page.

use super::*;

/// A second of a tone, as WAV. RFC 2361.
fn tone() -> Vec<u8> {
    let samples: Vec<u8> = (0..8_000_u32).map(|at| if at / 9 % 2 == 0 { 150 } else { 106 }).collect();
    let length = u32::try_from(samples.len()).unwrap();
    let mut wav = b"RIFF".to_vec();
    wav.extend((length + 36).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(8_000_u32.to_le_bytes());
    wav.extend(8_000_u32.to_le_bytes());
    wav.extend(b"\x01\0\x08\0data");
    wav.extend(length.to_le_bytes());
    wav.extend(samples);
    wav
}

/// Serves files as the desk does for the provider.
async fn files(folder: &Path) -> Url {
    let (listener, url) = listen().await;
    let folder = folder.to_owned();
    let file = move |axum::extract::Path(name): axum::extract::Path<String>| async move {
        let content_type = match name.rsplit_once('.').map(|(_, end)| end) {
            Some("png") => "image/png",
            Some("wav") => "audio/wav",
            Some("3gp") => "video/3gpp",
            _ => "application/pdf",
        };
        ([(http::header::CONTENT_TYPE, content_type)], std::fs::read(folder.join(name)).unwrap())
    };
    let router = Router::new().route("/{name}", axum::routing::get(file));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_seen_and_sound_is_played_both_ways() {
    if !browser::is_there("pictures_are_seen_and_sound_is_played_both_ways") {
        return;
    }
    let w = World::start().await;
    let folder = tempfile::tempdir().unwrap();
    let picture = sunset(folder.path());
    let sound = folder.path().join("voice.wav");
    std::fs::write(&sound, tone()).unwrap();
    std::fs::write(folder.path().join("film.3gp"), b"\0\0\0\x18ftyp3gp4").unwrap();
    std::fs::write(folder.path().join("offer.pdf"), b"%PDF-1.7").unwrap();
    let desk = files(folder.path()).await;
    w.browser.window(1280, 800, false).await;
    w.browser.open(&w.page).await;

    // From the phone: a picture and a voice memo, which can be heard before it has arrived.
    w.simulator.faults().inbound(PostFault::Held);
    let input = format!("[data-phone=\"{JANE}\"] input[type=file]");
    w.browser.write(&input, &format!("{}\n{}", picture.display(), sound.display())).await;
    w.browser.until("document.querySelectorAll('.thumb').length === 2").await;
    w.keep_picture("media-tray.png").await;
    w.browser.write(&compose(JANE), "Our view, and how it sounds\u{E007}").await;
    let plays = |side: &str| {
        format!("document.querySelector('[data-phone=\"{JANE}\"] .{side} audio')?.duration > 0.9")
    };
    w.browser.until(&plays("own")).await;
    w.simulator.faults().clear();
    w.bubble(JANE, "Our view, and how it sounds", "delivered").await;
    let text = w.desk.text("Our view, and how it sounds").await;
    let types: Vec<String> = text.media.iter().map(|part| part.content_type.clone()).collect();
    assert_eq!(types.len(), 2);
    assert!(types[0] == "image/png" && types[1].starts_with("audio/"), "{types:?}");
    w.browser.until(&plays("own")).await;

    // And from the desk: what cannot be played is a file to save.
    let media = ["sunset.png", "voice.wav", "film.3gp", "offer.pdf"].map(|name| desk.join(name).unwrap());
    w.reply(JANE, "And ours", media.to_vec()).await;
    w.bubble(JANE, "And ours", "delivered").await;
    w.browser.until(&plays("desk")).await;
    let seen =
        format!("document.querySelector('[data-phone=\"{JANE}\"] .desk .picture img')?.naturalWidth === 360");
    w.browser.until(&seen).await;
    w.browser.until("document.querySelectorAll('.desk a.file').length === 2").await;
    let names = w
        .browser
        .eval("return [...document.querySelectorAll('.desk a.file b')].map((b) => b.textContent)")
        .await;
    assert_eq!(names, serde_json::json!(["Video", "PDF"]));
    let play = "const [sound] = document.querySelectorAll('.desk audio'); sound.muted = true; sound.play()";
    w.browser.eval(play).await;
    w.browser.until("document.querySelector('.desk audio').currentTime > 0").await;
    w.browser.eval("document.activeElement.blur()").await;
    w.keep_picture("media-wide.png").await;
    w.browser.click(".desk .picture").await;
    w.browser.until("document.querySelector('#viewer').open").await;
    w.browser.eval("document.querySelector('#viewer').close()").await;
    w.browser.window(390, 844, true).await;
    w.browser.open(&w.page).await;
    w.browser.click(&format!("[data-open=\"{JANE}\"]")).await;
    w.browser.until(&plays("desk")).await;
    w.keep_picture("media-narrow.png").await;
    let errors = w.browser.errors().await;
    assert_eq!(errors, Vec::<String>::new());
}
