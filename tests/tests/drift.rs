//! Known changes to the upstream document are reported with the right class, and each changed document still generates
//! a client that compiles.

use std::{fs, path::Path};

use pollinations_tests::{february, second_build, upstream};
use serde_json::{Value, json};
use xtask::{
    drift::{self, Bump, Class, Methods},
    normalize::{normalize, to_bytes},
    overlay::Unmatched,
    sync,
};

/// A change to the document, and what the report must say about it.
struct Mutation {
    name: &'static str,
    change: fn(&mut Value),
    class: Class,
    /// The start of the location, and a part of the message, of one reported change.
    says: [&'static str; 2],
}

const PROFILE: &str = "/paths/~1account~1profile/get/responses/200/content/application~1json/schema";
const CHAT: &str = "/paths/~1v1~1chat~1completions/post/requestBody/content/application~1json/schema";
const IMAGE: &str = "/paths/~1image~1{prompt}/get";

fn at<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Value {
    document.pointer_mut(pointer).unwrap_or_else(|| panic!("nothing at {pointer}"))
}

fn object<'a>(document: &'a mut Value, pointer: &str) -> &'a mut serde_json::Map<String, Value> {
    at(document, pointer).as_object_mut().unwrap()
}

fn parameter<'a>(document: &'a mut Value, operation: &str, name: &str) -> &'a mut Value {
    let parameters = at(document, &format!("{operation}/parameters")).as_array_mut().unwrap();
    parameters.iter_mut().find(|parameter| parameter["name"] == name).unwrap()
}

fn mutations() -> Vec<Mutation> {
    use Class::{Additive, Breaking, Docs};
    let mutation = |name, class, says, change| Mutation { name, change, class, says };
    vec![
        mutation(
            "a key is no longer needed",
            Additive,
            ["#/paths/~1v1~1models/get/security", "and is with nothing"],
            |document| {
                object(document, "/paths/~1v1~1models/get").insert("security".to_owned(), json!([]));
            },
        ),
        mutation(
            "another key is needed",
            Breaking,
            [
                "#/paths/~1account~1key/get/security",
                "it was authenticated with bearerAuth or queryKey, and is with session",
            ],
            |document| {
                let schemes = object(document, "/components/securitySchemes");
                schemes.insert("session".to_owned(), json!({ "type": "apiKey", "in": "cookie", "name": "session" }));
                object(document, "/paths/~1account~1key/get").insert("security".to_owned(), json!([{ "session": [] }]));
            },
        ),
        mutation(
            "a feature is needed",
            Breaking,
            ["#/paths/~1v1~1models/get/x-feature", "it needs the Cargo feature `community`"],
            |document| {
                object(document, "/paths/~1v1~1models/get").insert("x-feature".to_owned(), json!("community"));
            },
        ),
        mutation(
            "operation added",
            Additive,
            ["#/paths/~1account~1tiers/get", "operation `account_tiers` is new"],
            |document| {
                let operation = json!({
                    "operationId": "getAccountTiers",
                    "responses": { "200": { "description": "", "content": { "application/json": { "schema": {
                        "type": "object",
                        "properties": { "tiers": { "type": "array", "items": {
                            "type": "object", "properties": { "name": { "type": "string" }, "pollen": { "type": "number" } },
                        } } },
                    } } } } },
                });
                object(document, "/paths").insert("/account/tiers".to_owned(), json!({ "get": operation }));
            },
        ),
        mutation(
            "operation removed",
            Breaking,
            ["#/paths/~1account~1key/get", "operation `account_key` was removed"],
            |document| {
                object(document, "/paths").shift_remove("/account/key");
            },
        ),
        mutation("operation renamed", Docs, ["#/paths/~1image~1{prompt}/get", "`operationId` changed"], |document| {
            at(document, IMAGE)["operationId"] = json!("getGenerateImage:prompt{[\\s\\S]+}");
        }),
        mutation(
            "parameter made required",
            Breaking,
            ["#/paths/~1image~1{prompt}/get/parameters", "'model' was optional and is now required"],
            |document| {
                parameter(document, IMAGE, "model")["required"] = json!(true);
            },
        ),
        mutation(
            "enumeration grown",
            Additive,
            ["#/components/schemas/ImageQuality", "value \"ultra\" is new"],
            |document| {
                parameter(document, IMAGE, "quality")["schema"]["enum"].as_array_mut().unwrap().push(json!("ultra"));
            },
        ),
        mutation(
            "enumeration shrunk",
            Breaking,
            ["#/components/schemas/EmbeddingTask", "value \"CLUSTERING\" was removed"],
            |document| {
                at(document, "/components/schemas/CreateEmbeddingRequest/properties/task_type/enum")
                    .as_array_mut()
                    .unwrap()
                    .retain(|task| task != "CLUSTERING");
            },
        ),
        mutation(
            "type changed",
            Breaking,
            ["#/components/schemas/AccountBalance/properties/balance", "`type` changed"],
            |document| {
                let balance =
                    "/paths/~1account~1balance/get/responses/200/content/application~1json/schema/properties/balance";
                at(document, balance)["type"] = json!("string");
            },
        ),
        mutation(
            "property added to a response",
            Additive,
            ["#/components/schemas/AccountProfile/properties/badges", "property `badges` is new"],
            |document| {
                let badges = json!({ "type": "array", "items": { "type": "string", "enum": ["early", "kind"] } });
                object(document, &format!("{PROFILE}/properties")).insert("badges".to_owned(), badges);
            },
        ),
        mutation(
            "property removed from a response",
            Breaking,
            ["#/components/schemas/AccountProfile/properties/email", "property `email` was removed"],
            |document| {
                object(document, &format!("{PROFILE}/properties")).shift_remove("email");
            },
        ),
        mutation(
            "property of a request made required",
            Breaking,
            ["#/components/schemas/ChatCompletionRequest/properties/model", "property `model` is now required"],
            |document| {
                at(document, &format!("{CHAT}/required")).as_array_mut().unwrap().push(json!("model"));
            },
        ),
        mutation("response added", Additive, ["#/paths/~1image~1{prompt}/get", "response 409 is new"], |document| {
            let responses = object(document, &format!("{IMAGE}/responses"));
            let mut limited = responses["402"].clone();
            limited["content"]["application/json"]["schema"]["properties"]["status"]["const"] = json!(409);
            responses.insert("409".to_owned(), limited);
        }),
        mutation(
            "made nullable",
            Breaking,
            ["#/components/schemas/AccountBalance/properties/balance", "may now be null"],
            |document| {
                let balance =
                    "/paths/~1account~1balance/get/responses/200/content/application~1json/schema/properties/balance";
                at(document, balance)["type"] = json!(["number", "null"]);
            },
        ),
        mutation(
            "description changed",
            Docs,
            ["#/paths/~1account~1profile/get/description", "`description` changed"],
            |document| {
                at(document, "/paths/~1account~1profile/get")["description"] = json!("Something else.");
            },
        ),
        mutation(
            "member added to a union",
            Additive,
            ["#/components/schemas/ContentPart", "a union member is new"],
            |document| {
                let part = json!({
                    "type": "object",
                    "properties": { "type": { "type": "string", "const": "hologram" }, "hologram": { "type": "string" } },
                    "required": ["type", "hologram"],
                });
                at(document, "/components/schemas/MessageContentPart/anyOf").as_array_mut().unwrap().insert(0, part);
            },
        ),
    ]
}

#[test]
fn every_change_is_reported_with_its_class() {
    let Some(upstream) = upstream() else { return };
    assert_eq!(drift::compare(&upstream, &upstream).unwrap().bump, None);
    for mutation in mutations() {
        let mut changed = upstream.clone();
        (mutation.change)(&mut changed);
        let report = drift::compare(&upstream, &changed).unwrap();
        let bump = match mutation.class {
            Class::Breaking => Bump::Major,
            Class::Additive => Bump::Minor,
            Class::Docs => Bump::Patch,
        };
        assert_eq!(report.bump, Some(bump), "{}:\n{}", mutation.name, report.to_text());
        let [location, message] = mutation.says;
        let told = report.changes.iter().any(|change| {
            change.class == mutation.class && change.location.starts_with(location) && change.message.contains(message)
        });
        assert!(told, "{}:\n{}", mutation.name, report.to_text());
        assert!(report.changes.len() <= 3, "{} is reported as too many changes:\n{}", mutation.name, report.to_text());
        // The reverse change is reported too.
        assert!(drift::compare(&changed, &upstream).unwrap().bump.is_some(), "{}", mutation.name);
    }
}

/// The methods of `pollinations-ext`, from the coverage table.
fn methods() -> Methods {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/coverage.md");
    Methods::parse(&fs::read_to_string(table).unwrap())
}

#[test]
fn breaking_changes_name_the_methods_that_they_affect() {
    let Some(upstream) = upstream() else { return };
    let expected = [
        ("another key is needed", "Account::key"),
        ("operation removed", "Account::key"),
        ("parameter made required", "ImageRequest::model"),
        ("type changed", "Account::balance"),
        ("property removed from a response", "Account::profile"),
        ("property of a request made required", "Pollinations::chat"),
        ("made nullable", "Account::balance"),
    ];
    let mut met = 0;
    for mutation in mutations() {
        let mut changed = upstream.clone();
        (mutation.change)(&mut changed);
        let report = drift::compare(&upstream, &changed).unwrap();
        assert!(report.changes.iter().all(|change| change.methods.is_empty()), "methods before `with_methods`");
        assert_eq!(report.clone().with_methods(&Methods::parse("Some other text.\n")), report);
        let report = report.with_methods(&methods());
        for change in &report.changes {
            let expected = expected.iter().find(|(name, _)| *name == mutation.name).map(|(_, method)| *method);
            match expected.filter(|_| change.class == Class::Breaking) {
                Some(method) => {
                    assert_eq!(change.methods, [method], "{}", mutation.name);
                    assert!(report.to_text().contains(method), "{}", report.to_text());
                    assert!(report.to_markdown().contains(method), "{}", report.to_markdown());
                    assert!(report.to_json().unwrap().contains(method));
                    met += 1;
                }
                None if change.class == Class::Breaking => {}
                None => assert_eq!(change.methods, [""; 0], "{} is not a breaking change", mutation.name),
            }
        }
    }
    assert_eq!(met, expected.len());
}

/// A removed parameter names its setter, and so does a removed property of a type that several operations share.
#[test]
fn removed_parameters_and_properties_name_their_setters() {
    let Some(upstream) = upstream() else { return };
    let named = |change: fn(&mut Value), message: &str| -> Vec<String> {
        let mut changed = upstream.clone();
        change(&mut changed);
        let report = drift::compare(&upstream, &changed).unwrap().with_methods(&methods());
        let change = report.changes.iter().find(|change| change.message.contains(message));
        change.unwrap_or_else(|| panic!("{message}:\n{}", report.to_text())).methods.clone()
    };
    let seed = named(
        |document| {
            let parameters = at(document, &format!("{IMAGE}/parameters")).as_array_mut().unwrap();
            parameters.retain(|parameter| parameter["name"] != "seed");
        },
        "'seed' was removed",
    );
    assert_eq!(seed, ["ImageRequest::seed"]);
    let stop = named(
        |document| {
            object(document, &format!("{CHAT}/properties")).shift_remove("stop");
        },
        "property `stop` was removed",
    );
    assert_eq!(stop, ["ChatRequest::stop"]);
}

#[test]
fn reports_as_text_json_and_markdown() {
    let Some(mut upstream) = upstream() else { return };
    at(&mut upstream, "/paths/~1account~1profile/get")["description"] = json!("One | thing.");
    let mut changed = upstream.clone();
    for mutation in mutations()
        .iter()
        .filter(|mutation| ["type changed", "operation added", "description changed"].contains(&mutation.name))
    {
        (mutation.change)(&mut changed);
    }
    let report = drift::compare(&upstream, &changed).unwrap().with_methods(&methods());
    insta::assert_snapshot!("report_text", report.to_text());
    insta::assert_snapshot!("report_json", report.to_json().unwrap());
    insta::assert_snapshot!("report_markdown", report.to_markdown());
}

/// Adds an operation, a parameter, a property and a type without descriptions. Their names contain characters that have
/// a meaning in Markdown or HTML.
fn undescribed(document: &mut Value) {
    let operation = json!({
        "operationId": "postLabs<T>",
        "parameters": [{ "in": "query", "name": "list[]", "schema": { "type": "array", "items": { "type": "string" } } }],
        "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Lab_Result" } } } },
        "responses": { "200": { "description": "", "content": { "application/json": { "schema": {
            "$ref": "#/components/schemas/Lab_Result"
        } } } } },
    });
    object(document, "/paths").insert(
        "/labs/{id}".to_owned(),
        json!({ "post": operation, "parameters": [
        { "in": "path", "name": "id", "required": true, "schema": { "type": "string" } }
    ] }),
    );
    let schema = json!({ "type": "object", "properties": {
        "<script>": { "type": "string" },
        "[link]": { "type": "string", "enum": ["`one", "https://example.com/*"] },
        "https://example.com": { "$ref": "#/components/schemas/Lab_Result" },
    } });
    object(document, "/components/schemas").insert("Lab_Result".to_owned(), schema);
    let parameters = at(document, &format!("{IMAGE}/parameters")).as_array_mut().unwrap();
    parameters.push(json!({ "in": "query", "name": "grain", "schema": { "type": "number" } }));
}

#[test]
fn items_without_a_description_get_a_neutral_one_and_are_listed() {
    let Some(mut document) = upstream() else { return };
    undescribed(&mut document);
    let built = sync::build(document, Unmatched::Refuse).unwrap();
    assert_eq!(built.stale, [""; 0]);
    assert_eq!(built.undescribed.operations, ["post_labs_by_id"]);
    assert_eq!(built.undescribed.parameters, ["generate_image.grain", "post_labs_by_id.list[]", "/labs/{id}.id"]);
    assert_eq!(built.undescribed.types, ["LabResult", "LabResultLink"]);
    assert_eq!(
        built.undescribed.properties,
        ["LabResult.<script>", "LabResult.[link]", "LabResult.https://example.com"]
    );
    let operation = &built.document["paths"]["/labs/{id}"]["post"];
    assert_eq!(operation["summary"], "Post labs by id");
    assert_eq!(operation["description"], "Calls `POST /labs/{id}`.");
}

/// Runs cargo on `pollinations-api` generated from the document. Returns the error output if cargo fails.
fn cargo(words: &[&str], document: &Value, folder: &Path) -> Option<String> {
    let path = folder.join("openapi.json");
    fs::write(&path, to_bytes(document)).unwrap();
    let output = second_build::cargo(&path)
        .args(words)
        .args(["--quiet", "--locked", "--package", "pollinations-api"])
        .env("RUSTDOCFLAGS", "-D warnings")
        .output()
        .unwrap();
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Puts all changes into as few documents as possible, because each document has to be compiled. Two changes to the
/// same place go into different documents.
fn combined(upstream: &Value) -> Vec<(String, Value)> {
    let mut groups: Vec<Vec<Mutation>> = Vec::new();
    for mutation in mutations() {
        let overlaps = |other: &Mutation| {
            let [one, other] = [mutation.says[0], other.says[0]];
            one.starts_with(other) || other.starts_with(one)
        };
        match groups.iter_mut().find(|group| !group.iter().any(overlaps)) {
            Some(group) => group.push(mutation),
            None => groups.push(vec![mutation]),
        }
    }
    let documents = groups.iter().map(|group| {
        let mut changed = upstream.clone();
        group.iter().for_each(|mutation| (mutation.change)(&mut changed));
        let names: Vec<&str> = group.iter().map(|mutation| mutation.name).collect();
        (names.join(", "), changed)
    });
    documents.collect()
}

/// Compiles the clients generated from changed documents, and from some documents of other services.
#[test]
fn clients_generated_from_changed_documents_compile() {
    let Some(upstream) = upstream() else { return };
    let changed = combined(&upstream);
    assert_eq!(changed.len(), 3, "{:?}", changed.iter().map(|(names, _)| names).collect::<Vec<_>>());
    let build = |(names, document)| (names, sync::build(document, Unmatched::Warn).unwrap().document);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let strange = ["constructs", "recursive", "names"].map(|name| {
        let path = root.join(format!("xtask/tests/documents/{name}.json"));
        let document = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        (name.to_owned(), normalize(document).unwrap().document)
    });
    let february = february().map(|document| build(("february".to_owned(), document)));
    let folder = tempfile::tempdir().unwrap();
    let mut failures = Vec::new();
    for (name, document) in changed.into_iter().map(build).chain(strange).chain(february) {
        failures.extend(cargo(&["check"], &document, folder.path()).map(|error| format!("{name}:\n{error}")));
    }
    // Build the documentation of one of them. The neutral descriptions contain names that look like Markdown or HTML.
    let mut document = upstream.clone();
    undescribed(&mut document);
    let document = sync::build(document, Unmatched::Refuse).unwrap().document;
    failures
        .extend(cargo(&["doc", "--no-deps"], &document, folder.path()).map(|error| format!("undescribed:\n{error}")));
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
