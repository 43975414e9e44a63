//! `cargo xtask` on the command line: exit codes, messages, and the files that it writes.

#![recursion_limit = "256"]

mod support;

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
    process::{Command, Output, Stdio},
    thread,
};

use support::openapi;

const SMALL: &str = r#"{
    "openapi": "3.1.0",
    "info": { "title": "Small", "version": "1" },
    "paths": { "/a": { "get": { "operationId": "getA", "responses": { "200": { "description": "ok", "content": {
        "application/json": { "schema": { "type": ["string", "null"] } } } } } } }, "/empty": {} }
}"#;

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// The error message. Checks that it is one line on standard error, and that the exit code is 2.
fn error_line(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(output.stdout.is_empty());
    assert_eq!(text.lines().count(), 1, "{text}");
    text.trim_end().to_owned()
}

fn in_folder(name: &str, content: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn normalize_reads_standard_input_and_writes_standard_output() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["normalize", "-", "-o", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(SMALL.as_bytes()).unwrap();
    let piped = child.wait_with_output().unwrap();
    assert!(piped.status.success());

    let (folder, input) = in_folder("in.json", SMALL);
    let output = folder.path().join("out.json");
    assert!(xtask(&["normalize", &input, "-o", output.to_str().unwrap()]).status.success());
    assert_eq!(fs::read(&output).unwrap(), piped.stdout);
    insta::assert_snapshot!(String::from_utf8(piped.stdout).unwrap());
}

#[test]
fn a_missing_file_is_an_error_with_its_path() {
    let text = error_line(&xtask(&["normalize", "no/such/file.json"]));
    assert_eq!(text, "error: cannot open no/such/file.json: No such file or directory (os error 2)");
}

#[test]
fn invalid_documents_are_errors_with_a_reason() {
    for (content, reason) in [
        ("<html>", "in.json is not usable: it is neither JSON nor YAML: expected value at line 1 column 1"),
        ("[]", "not an OpenAPI 3 document: the document is not a JSON object"),
        ("{}", "not an OpenAPI 3 document: there is no `openapi` field with a version"),
        (r#"{"swagger":"2.0"}"#, "not an OpenAPI 3 document: it is OpenAPI 2.0 (Swagger); convert it to 3.x first"),
        (r#"{"openapi":"4.0.0"}"#, "not an OpenAPI 3 document: version 4.0.0 is neither 3.0 nor 3.1"),
        (r#"{"openapi":"3.1.0"}"#, "not an OpenAPI 3 document: `info` needs a `title` and a `version`"),
        (
            r#"{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":[]}"#,
            "not an OpenAPI 3 document: `paths` is not an object",
        ),
    ] {
        let (folder, input) = in_folder("in.json", content);
        let output = folder.path().join("out.json");
        let text = error_line(&xtask(&["normalize", &input, "-o", output.to_str().unwrap()]));
        assert!(text.ends_with(reason), "{content}: {text}");
        assert!(!output.exists(), "{content}");
    }
}

#[test]
fn sync_rejects_the_document_of_another_api_and_keeps_the_file() {
    let (folder, input) = in_folder("in.json", SMALL);
    let output = folder.path().join("openapi.json");
    fs::write(&output, "the old one").unwrap();
    let text = error_line(&xtask(&["sync", "--file", &input, "-o", output.to_str().unwrap()]));
    assert!(text.contains(" overlay action(s) failed: ") && text.contains(": the target matches nothing; "), "{text}");
    assert!(text.ends_with("bring xtask/overlay up to date, or pass --skip-unmatched"), "{text}");
    assert_eq!(fs::read_to_string(&output).unwrap(), "the old one");
    assert_eq!(names(folder.path()), ["in.json", "openapi.json"], "a partial file was left");
}

#[test]
fn sync_writes_the_document_and_check_reports_changes() {
    let upstream = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/upstream/openapi-2026-02-25.json");
    if !upstream.exists() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs the upstream document");
        println!("SKIPPED: the upstream document is not beside this checkout");
        return;
    }
    let upstream = upstream.to_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("openapi.json");
    let output = output.to_str().unwrap();
    let run = |check: bool| {
        let mut arguments = vec!["sync", "--file", upstream, "-o", output];
        arguments.extend(check.then_some("--check"));
        let result = xtask(&arguments);
        (result.status.code().unwrap(), String::from_utf8(result.stdout).unwrap())
    };

    let (code, text) = run(true);
    assert_eq!((code, text.lines().next()), (1, Some("openapi.json does not exist yet")));
    assert!(!Path::new(output).exists(), "--check must not write the file");
    assert_eq!(run(false), (0, "openapi.json does not exist yet\nopenapi.json written\n".to_owned()));
    assert_eq!(run(true), (0, "openapi.json is up to date\n".to_owned()));

    let changed = fs::read_to_string(output).unwrap().replace("\"/v1/models\"", "\"/v1/modules\"");
    fs::write(output, changed).unwrap();
    let (code, text) = run(true);
    assert_eq!(code, 1);
    assert!(
        text.contains("Removed operations (1)\n  list_models  GET /v1/modules, sent by Models::list\n")
            && text.contains("New operations (1)\n  list_models  GET /v1/models\n"),
        "{text}"
    );
    assert!(text.ends_with("openapi.json is out of date; run `cargo xtask sync` to rewrite it\n"), "{text}");
}

#[test]
fn sync_lists_items_without_a_description_and_succeeds() {
    let upstream = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/upstream/openapi-2026-10.json");
    let Ok(text) = fs::read_to_string(&upstream) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs the upstream document");
        println!("SKIPPED: the upstream document is not beside this checkout");
        return;
    };
    let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
    document["paths"]["/labs"]["get"] = serde_json::json!({
        "operationId": "getLabs",
        "parameters": [{ "in": "query", "name": "page", "schema": { "type": "integer" } }],
        "responses": { "200": { "description": "", "content": { "application/json": { "schema": {
            "title": "LabList", "type": "object", "properties": { "labs": { "type": "integer" } }
        } } } } }
    });
    let (folder, input) = in_folder("in.json", &document.to_string());
    let output = folder.path().join("openapi.json");
    let result = xtask(&["sync", "--file", &input, "-o", output.to_str().unwrap()]);
    let said = String::from_utf8(result.stderr).unwrap();
    assert_eq!(result.status.code(), Some(0), "{said}");
    let list = "note: 1 operation, 1 parameter, 1 type and 1 property have no description\n  operations: labs\n  \
                parameters: labs.page\n  types: LabList\n  properties: LabList.labs\n";
    assert!(said.contains(list), "{said}");
    assert!(said.contains("next: describe the new items in xtask/overlay and run sync again"), "{said}");
    let written: serde_json::Value = serde_json::from_slice(&fs::read(&output).unwrap()).unwrap();
    assert_eq!(written["paths"]["/labs"]["get"]["description"], "Calls `GET /labs`.");
    assert_eq!(written["components"]["schemas"]["LabList"]["properties"]["labs"]["description"], "Labs.");
}

/// The output has upstream's descriptions, and ours for items without one. It is valid, and normalizing it changes
/// nothing.
#[test]
fn sync_with_keep_prose_keeps_the_descriptions_of_upstream() {
    let upstream = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/upstream/openapi-2026-10.json");
    let Ok(text) = fs::read_to_string(&upstream) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs the upstream document");
        println!("SKIPPED: the upstream document is not beside this checkout");
        return;
    };
    let upstream_document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("openapi.json");
    let sync =
        || xtask(&["sync", "--keep-prose", "--file", upstream.to_str().unwrap(), "-o", output.to_str().unwrap()]);
    assert_eq!(sync().status.code(), Some(0));
    let bytes = fs::read(&output).unwrap();
    let written: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let mut kept = 0;
    for (path, item) in upstream_document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if let Some(words) = operation["description"].as_str() {
                assert_eq!(written["paths"][path][method]["description"], words, "{method} {path}");
                kept += 1;
            }
        }
    }
    assert!(kept > 50, "{kept}");
    let image = |document: &serde_json::Value| {
        let parameters = document["paths"]["/image/{prompt}"]["get"]["parameters"].as_array().unwrap().clone();
        let words = parameters.into_iter().map(|it| (it["name"].to_string(), it["description"].clone()));
        words.collect::<std::collections::BTreeMap<_, _>>()
    };
    for (name, words) in image(&upstream_document) {
        if let (Some(ours), true) = (image(&written).get(&name), words.is_string()) {
            assert_eq!(*ours, words, "{name}");
        }
    }
    // A parameter that upstream removed has our description.
    assert!(image(&written)["\"enhance\""].is_string());
    assert_eq!(openapi::faults(&written), [""; 0]);
    let again = xtask(&["normalize", output.to_str().unwrap()]);
    assert_eq!(String::from_utf8(again.stderr).unwrap(), "");
    assert!(again.stdout == bytes, "normalizing the output changed it");
    let second = sync();
    assert_eq!(String::from_utf8(second.stdout).unwrap(), "openapi.json is up to date\n");
}

#[test]
fn sync_from_an_unreachable_url_is_an_error() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("openapi.json");
    let url = format!("http://127.0.0.1:{port}/openapi.json");
    let text = error_line(&xtask(&["sync", "--url", &url, "-o", output.to_str().unwrap()]));
    assert!(text.contains(&url) && text.contains("3 tries: cannot connect"), "{text}");
    assert!(text.contains("Connection refused") && text.contains("--file PATH"), "{text}");
    assert!(!output.exists());
}

#[test]
fn sync_from_a_url_that_returns_html_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let _ = socket.read(&mut [0; 1024]).unwrap();
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>").unwrap();
    });
    let text = error_line(&xtask(&["sync", "--url", &url]));
    server.join().unwrap();
    assert!(text.contains("it is neither JSON nor YAML"), "{text}");
}

#[test]
fn deny_warnings_turns_a_warning_into_an_error() {
    let lossy = SMALL.replace("\"/empty\": {}", "\"/b\": { \"get\": { \"responses\": { \"204\": { \"description\": \"d\" } }, \"parameters\": [ { \"in\": \"query\", \"name\": \"q\", \"schema\": { \"if\": { \"type\": \"string\" } } } ] } }");
    let (_folder, input) = in_folder("in.json", &lossy);
    let output = xtask(&["normalize", &input]);
    assert!(output.status.success());
    let warning = "#/paths/~1b/get/parameters/0/schema: `if` has no counterpart in OpenAPI 3.0";
    assert_eq!(String::from_utf8(output.stderr).unwrap(), format!("warning: {warning}\n"));
    let text = error_line(&xtask(&["normalize", &input, "--deny-warnings"]));
    assert_eq!(text, format!("error: 1 warning(s), with --deny-warnings set; the first is {warning}"));
}

#[test]
fn drift_exits_with_1_if_there_are_changes_and_2_on_errors() {
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = ["old.json", "new.json"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    fs::write(&old, SMALL).unwrap();
    fs::write(&new, SMALL.replace("\"null\"", "\"integer\"")).unwrap();
    let run = |old: &str, new: &str, format: &str| {
        let output = xtask(&["drift", old, new, "--format", format]);
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(run(&old, &old, "text"), (0, "No changes.\n".to_owned()));
    assert_eq!(run(&old, &old, "json"), (0, "{\n  \"bump\": null,\n  \"changes\": []\n}\n".to_owned()));
    let (code, text) = run(&old, &new, "markdown");
    assert_eq!(code, 1);
    assert!(text.contains("\n- **breaking** "), "{text}");
    fs::write(&new, "{}").unwrap();
    let text = error_line(&xtask(&["drift", &old, &new]));
    assert_eq!(text, "error: not an OpenAPI 3 document: there is no `openapi` field with a version");
}

#[test]
fn invalid_arguments_print_the_usage() {
    for arguments in [&["frobnicate"][..], &["sync", "--url", "u", "--file", "f"], &["normalize"]] {
        let output = xtask(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains("Usage"), "{arguments:?}");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn completions_for_each_shell_contain_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = xtask(&["completions", shell]);
        assert!(output.status.success(), "{shell}");
        let script = String::from_utf8(output.stdout).unwrap();
        for command in ["sync", "normalize", "drift", "contract", "emulate", "completions"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
}

#[test]
fn sync_as_json_or_markdown_prints_only_the_report_on_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.json"), folder.path().join("new.json"));
    fs::write(&old, SMALL.replace("getA", "getB")).unwrap();
    fs::write(&new, SMALL).unwrap();
    let [old, new] = [&old, &new].map(|path| path.to_str().unwrap());
    let arguments = ["sync", "--file", new, "--output", old, "--check", "--skip-unmatched", "--format"];
    let json = xtask(&[&arguments[..], &["json"]].concat());
    assert_eq!(json.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert!(report["changes"].as_array().is_some_and(|changes| !changes.is_empty()), "{report}");
    assert!(String::from_utf8(json.stderr).unwrap().contains("is out of date"));
    let markdown = xtask(&[&arguments[..], &["markdown"]].concat());
    assert!(markdown.stdout.starts_with(b"# API drift\n"));
}
