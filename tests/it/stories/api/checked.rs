//! Whether the program answers as its description says, tried by schemathesis from PyPI with whatever the
//! description allows and whatever it does not.

use std::path::Path;
use std::process::Command;

use switchroom::domain::outbound::Warning;

use super::*;
use crate::compared::package;

const PACKAGE: &str = "schemathesis==4.32.5";
/// How often each operation is tried in each way.
const EXAMPLES: &str = "40";
/// What is not looked at: a body may be as it should be and name a number or queue that there is not.
const LEFT_OUT: &str = "positive_data_acceptance";

/// Makes a virtual environment with it: it needs much that Synapse's does not.
fn install(folder: &Path) {
    let run = |program: &Path, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "the API was NOT tried: {PACKAGE} could not be installed: {said}");
    };
    let venv = folder.join("venv");
    run(Path::new("python3"), &["-m", "venv", venv.to_str().unwrap()]);
    let pip = ["-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--quiet", PACKAGE];
    run(&venv.join("bin/python3"), &pip);
}

#[tokio::test]
async fn the_program_answers_as_its_description_says() {
    let folder = package(&PACKAGE.replace("==", "-"), async |folder: &Path| install(folder)).await;
    let world = World::with(with_admin(Database::Sqlite)).await;
    let shop = token(&world, "shop rate:6000").await;
    let description: Value = shop
        .http
        .get(format!("{}/api/v1/openapi.json", world.url))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let codes =
        description["components"]["schemas"]["Problem"]["properties"]["code"]["enum"].as_array().unwrap();
    for word in Warning::WORDS {
        assert!(codes.contains(&json!(word)), "{word}");
    }
    let (url, token) = (format!("{}/api/v1/openapi.json", world.url), shop.token.clone());
    let work = world.folder().to_owned();
    let tried = tokio::task::spawn_blocking(move || {
        Command::new(folder.join("venv/bin/schemathesis"))
            .args(["run", &url, "--header", &format!("Authorization: Bearer {token}")])
            .args([
                "--checks",
                "all",
                "--exclude-checks",
                LEFT_OUT,
                "--max-examples",
                EXAMPLES,
                "--seed",
                "1",
            ])
            .args(["--generation-database", "none", "--no-color"])
            .env("NO_PROXY", "127.0.0.1")
            .current_dir(work)
            .output()
            .unwrap()
    })
    .await
    .unwrap();
    let said =
        [&tried.stdout, &tried.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    assert!(tried.status.success(), "{said}");
    assert!(
        said.contains("POST /api/v1/messages") || said.contains("3 selected"),
        "it tried nothing: {said}"
    );
    world.finish().await;
}
