//! Runs every example against the emulator, and checks that it is short.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use pollinations_emulator::Emulator;
use pollinations_ext::Pollinations;

/// The maximum number of lines of an example.
const MAX_LINES: usize = 40;

/// The command for an example, which cargo builds together with this test.
fn example(name: &str, emulator: &Emulator, folder: &Path) -> Command {
    let mut path: PathBuf = env::current_exe().unwrap();
    path.pop();
    path.set_file_name("examples");
    path.push(format!("{name}{}", env::consts::EXE_SUFFIX));
    let mut command = Command::new(path);
    command
        .current_dir(folder)
        .env("POLLINATIONS_API_KEY", "sk_test")
        .env("POLLINATIONS_BASE_URL", emulator.base_url());
    command
}

fn run(command: &mut Command, input: &str) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let (shown, errors) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{command:?}\n{shown}\n{errors}");
    assert!(!format!("{shown}{errors}").contains("sk_test"), "{command:?}\n{shown}\n{errors}");
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_runs() {
    let emulator = Emulator::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let client = Pollinations::builder().base_url(emulator.base_url()).key("sk_test".parse().unwrap()).build().unwrap();
    client.image("a cat").size(16, 16).send().await.unwrap().save(folder.path().join("in.jpg")).await.unwrap();
    let mask = client.image("a mask").size(16, 16).transparent(true).send().await.unwrap();
    mask.save(folder.path().join("in.png")).await.unwrap();
    client.video("a cat", "seedance").send().await.unwrap().save(folder.path().join("in.mp4")).await.unwrap();
    client.speech("Hello").send().await.unwrap().save(folder.path().join("in.mp3")).await.unwrap();
    client.music("rain").duration(5.0).send().await.unwrap().save(folder.path().join("long.mp3")).await.unwrap();

    let tried: &[(&str, &[&str], &str, &str)] = &[
        ("chat", &["Name a tree"], "", "You said: Name a tree (with the instruction: Answer in one sentence.)\n"),
        ("stream", &[], "", "You said: Tell a very short story\n12 tokens, ended by Some(Stop)\n"),
        (
            "conversation",
            &[],
            "Hello\nAnd now?\n",
            "You said: Hello (with the instruction: Be brief.)\nYou said: And now?",
        ),
        ("vision", &["in.jpg"], "", "You said: What is on this picture? (with 1 image)\n"),
        ("listen", &["in.mp3"], "", "(with 1 recording)\n"),
        ("spoken_reply", &[], "", "bytes): You said: Say good morning\n"),
        ("tools", &[], "", "The tools answered: How is the weather in Paris?: sunny, 21 °C (after 1 rounds"),
        ("structured", &[], "", "Plan a day in Lisbon: Plan a day in Lisbon (1 h)\n"),
        ("code_execution", &[], "", "an image: data:image/png;base64,"),
        ("text", &[], "", "You said: A haiku about snow\n"),
        ("messages", &[], "", "The tools answered: sunny, 21 °C (after 1 rounds)\n"),
        (
            "messages_stream",
            &[],
            "",
            "[block 1]\nYou said: Is 97 a prime number?\n17 tokens, ended by Some(\"end_turn\")\n",
        ),
        ("responses_stream", &[], "", "})\nThe tools answered: sunny, 21 °C\ncompleted, "),
        ("text_from_messages", &[], "", "(by openai)\nYou said: Another one"),
        ("decision", &[], "", "topic: delivery ("),
        ("image", &[], "", "image/jpeg by flux\ncat.jpg ("),
        ("video", &[], "", "cat.mp4 ("),
        ("video_references", &["in.jpg", "in.png", "in.mp4", "in.mp3"], "", "dance.mp4 ("),
        ("images", &["2"], "", "cat-1.jpg ("),
        ("edit_image", &["in.jpg"], "", "edited.png ("),
        ("edit_image", &["in.jpg", "a hat on its head", "in.png"], "", "edited.png ("),
        ("public_image", &[], "", "<img src=\"http://127.0.0.1:"),
        ("three_d", &[], "", "object.glb ("),
        ("three_d", &["a chair", "in.jpg"], "", "object.glb ("),
        ("upload", &["in.jpg"], "", "bytes, image/jpeg)\n"),
        ("speech", &[], "", "morning.mp3 ("),
        ("music", &[], "", "waltz.mp3 ("),
        ("transcribe", &["in.mp3"], "", "00:00:00,000 --> 00:00:01,000"),
        ("speakers", &["in.mp3"], "", "[0.2 s] B: recording\n"),
        ("timestamps", &[], "", "2\n00:00:00,196 --> 00:00:00,509\nmorning,\n"),
        ("change_voice", &["in.mp3"], "", "changed.mp3 ("),
        ("isolate_voice", &["long.mp3"], "", "voice.mp3 ("),
        ("stems", &["in.mp3"], "", "piano: stems/piano.mp3 ("),
        ("embeddings", &["When do tulips bloom?"], "", "Tulips bloom in spring and come from Central Asia\n"),
        ("usage_report", &[], "", " pollen left\n"),
        ("publish", &["in.jpg", "our-cat.jpg", "cats", "pets"], "", "bytes), tagged cats, pets\n"),
        ("publish", &["in.jpg", "our-cat.jpg"], "", "our-cat.jpg is taken\n"),
        ("gallery", &["pets"], "", "our-cat.jpg (image/jpeg)\n1 files\n"),
        ("models", &["music"], "", "elevenlabs/music-v2"),
        ("models", &[], "", "microsoft/trellis-2"),
        ("find_model", &["web_search"], "", "google/gemini-3-flash for 0.0250 pollen"),
        ("model_status", &["openai"], "", "model: \"openai/gpt-5.4-nano\"\nrequests: "),
        ("model_status", &[], "", "columns: model, requests"),
        (
            "img_tag",
            &[],
            "",
            "<img src=\"https://gen.pollinations.ai/image/a%20cat%20among%20tulips?height=384&amp;model=flux",
        ),
        ("retries", &[], "", "chat_completions: attempt 1: 200 OK\n"),
        ("key_status", &[], "", "may use flux: true\n"),
        ("blocking", &[], "", "You said: Name a flower\n"),
        ("limited_key", &[], "", "Some(\"guest, for longer\") has Some(1.0) pollen left\nrevoked: true\n"),
        ("usage_filters", &[], "", " images this month\n"),
        ("earnings", &[], "", "Sketchbook: 0.40 pollen for 2 requests\n"),
        ("user_info", &[], "", "emulated (user_emulated)\n"),
        ("agent", &[], "", "Gardener: Answer in one sentence.\n0 agents left\n"),
    ];
    for (name, arguments, input, expected) in tried {
        let mut command = example(name, &emulator, folder.path());
        let (arguments, input) = (*arguments, (*input).to_owned());
        command.args(arguments);
        let shown = tokio::task::spawn_blocking(move || run(&mut command, &input)).await.unwrap();
        assert!(shown.contains(expected), "{name}: {expected:?} is not in\n{shown}");
    }
    for (file, start) in [
        ("cat.jpg", &b"\xff\xd8"[..]),
        ("cat-1.jpg", b"\xff\xd8"),
        ("edited.png", b"\x89PNG"),
        ("object.glb", b"glTF"),
        ("reply.wav", b"RIFF"),
        ("spoken.mp3", b"\xff\xfb"),
        ("stems/vocals.mp3", b"\xff\xfb"),
    ] {
        assert!(fs::read(folder.path().join(file)).unwrap().starts_with(start), "{file}");
    }
    // The examples that were run above, and those that other tests run or that need a browser.
    let mut names: Vec<&str> = tried.iter().map(|(name, ..)| *name).collect();
    names.extend(["login", "device_login", "sign_in", "web_sign_in", "quickstart", "realtime", "realtime_sound"]);
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(names.contains(&name.as_str()), "no test runs {name}");
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(
            lines <= MAX_LINES || ["quickstart", "web_sign_in"].contains(&name.as_str()),
            "{name} has {lines} lines"
        );
    }
}

#[cfg(feature = "realtime")]
#[tokio::test(flavor = "multi_thread")]
async fn the_realtime_examples_print_the_answers() {
    let emulator = Emulator::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("question.pcm"), [0; 48_000]).unwrap();
    let tried: &[(&str, &[&str], &str, &str)] = &[
        (
            "realtime",
            &[],
            "Hello\nAnd now?\n",
            "You said: Hello (with the instruction: Be brief.)\nYou said: And now? (with the instruction: Be brief.)\n",
        ),
        ("realtime_sound", &["question.pcm", "answer.pcm"], "", "You said: A recording of 1.0 s.\nanswer.pcm (2 s)\n"),
    ];
    for (name, arguments, input, expected) in tried {
        let mut command = example(name, &emulator, folder.path());
        command.args(*arguments);
        let shown = tokio::task::spawn_blocking(move || run(&mut command, input)).await.unwrap();
        assert_eq!(shown, *expected, "{name}");
    }
    // 7 words of 0.3 s each.
    assert_eq!(fs::read(folder.path().join("answer.pcm")).unwrap().len(), 7 * 14_400);
}

/// Starts an example that asks the user to do something. Returns the process, its output and the first line of it.
fn asking(mut command: Command) -> (std::process::Child, BufReader<std::process::ChildStdout>, String) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    (child, output, line.trim().to_owned())
}

#[cfg(feature = "byop-loopback")]
#[tokio::test(flavor = "multi_thread")]
async fn the_login_example_continues_after_the_login_in_a_browser() {
    use pollinations_ext::api::reqwest::{Client, Url, redirect::Policy};

    let emulator = Emulator::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let command = example("login", &emulator, folder.path());
    let (mut child, mut output, line) = tokio::task::spawn_blocking(move || asking(command)).await.unwrap();
    let link = Url::parse(line.strip_prefix("Please visit ").unwrap()).unwrap();
    let browser = Client::builder().redirect(Policy::none()).build().unwrap();
    let form = format!("{}&decision=allow", link.query().unwrap());
    let kind = "application/x-www-form-urlencoded";
    let answer =
        browser.post(link.join("/authorize").unwrap()).header("content-type", kind).body(form).send().await.unwrap();
    let location = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    let origin = location.origin().ascii_serialization();
    let fragment = location.fragment().unwrap().to_owned();
    let answer = browser.post(location).header("origin", origin).body(fragment).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "granted");
    tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert!(line.starts_with("Thank you! cat.jpg ("), "{line}");
        assert!(child.wait().unwrap().success());
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_device_login_example_continues_after_the_code_was_entered() {
    let emulator = Emulator::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let command = example("device_login", &emulator, folder.path());
    let (mut child, mut output, line) = tokio::task::spawn_blocking(move || asking(command)).await.unwrap();
    let (address, code) = line.strip_prefix("Please visit ").unwrap().split_once(" and enter ").unwrap();
    let form = format!("user_code={code}&decision=allow");
    let kind = "application/x-www-form-urlencoded";
    let http = pollinations_ext::api::reqwest::Client::new();
    let answer = http.post(address).header("content-type", kind).body(form).send().await.unwrap();
    assert!(answer.status().is_success());
    tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "Thank you! You said: Say hello\n");
        assert!(child.wait().unwrap().success());
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn an_example_names_the_file_that_is_missing() {
    let emulator = Emulator::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let output = example("vision", &emulator, folder.path()).arg("no-such.png").output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("no-such.png"));
}
