//! A generated client for each document in `documents`, all compiled together. The first test is that they compile.

use std::sync::{Arc, Mutex};

#[allow(missing_docs, unreachable_pub, reason = "generated")]
mod clients {
    include!(concat!(env!("OUT_DIR"), "/clients.rs"));
}

/// Records the requests, and returns the same response to each.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Tape>>);

#[derive(Debug, Default)]
struct Tape {
    requests: Vec<reqwest::Request>,
    status: u16,
    body: String,
}

impl Recorder {
    fn answering(status: u16, body: &str) -> Self {
        Self(Arc::new(Mutex::new(Tape { requests: Vec::new(), status, body: body.to_owned() })))
    }

    fn answer(&self, request: reqwest::Request) -> reqwest::Response {
        let mut tape = self.0.lock().unwrap();
        tape.requests.push(request);
        http::Response::builder().status(tape.status).body(tape.body.clone()).unwrap().into()
    }

    /// The path and the query of the last request.
    fn target(&self) -> String {
        let tape = self.0.lock().unwrap();
        let url = tape.requests.last().unwrap().url();
        url.as_str().strip_prefix("http://localhost").unwrap().to_owned()
    }
}

#[test]
fn all_documents_compile() {
    let documents = std::fs::read_dir("documents").unwrap().count();
    assert_eq!(documents, include_str!(concat!(env!("OUT_DIR"), "/clients.rs")).matches("const WARNINGS").count());
}

use clients::d_awkward as awkward;
use serde_json::{Value, json};

/// Deserializes a value, and checks that it serializes to the same JSON.
fn round_trip<T: pollinations_api::json::Read>(value: &Value) -> T {
    let read: T = pollinations_api::json::read(value.to_string().as_bytes()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), *value);
    read
}

#[test]
fn parts_that_cannot_be_generated_are_reported_as_warnings() {
    let said = awkward::WARNINGS.join("\n");
    for part in ["`bad header`", "`Accept`", "`lists`", "`nobody`", "`content-type`", "GET /broken/{a{b}} (`broken`)"] {
        assert!(said.contains(part), "{part} is missing in {said}");
    }
    assert_eq!(awkward::WARNINGS.len(), 6, "{said}");
    assert_eq!(clients::d_19_cookie::WARNINGS, [""; 0]);
}

#[tokio::test]
async fn requests_use_the_names_in_the_document() {
    let recorder = Recorder::answering(200, "{}");
    let client = awkward::Client::new("http://localhost", recorder.clone());
    let request = client.names().id(7).type_("a/b").body_query("B").type_query("T").self_("S").url("U").info_query("I");
    let request =
        request.id_query("Q").id_header("H").x_thing("X").x_list(vec![1, 2]).new_query("N").joined(vec![3, 4]);
    let request = request.list(vec!["l".to_owned(), "m".to_owned()]).choice("b").union(5).result("R").client("C");
    let mut object = awkward::types::NamesObject::default();
    object.b = Some(9);
    request.object(object).send().await.unwrap();
    let (path, query) =
        recorder.target().split_once('?').map(|(path, query)| (path.to_owned(), query.to_owned())).unwrap();
    assert_eq!(path, "/names/7/a%2Fb");
    let mut pairs: Vec<&str> = query.split('&').collect();
    pairs.sort_unstable();
    let expected = [
        "Self=S",
        "b=9",
        "body=B",
        "choice=b",
        "client=C",
        "info=I",
        "joined=3%2C4",
        "list=l",
        "list=m",
        "new=N",
        "result=R",
        "type=T",
        "union=5",
        "url=U",
    ];
    let id: Vec<&&str> = pairs.iter().filter(|pair| pair.to_ascii_lowercase().starts_with("id=")).collect();
    assert_eq!(id.len(), 1);
    pairs.retain(|pair| !pair.to_ascii_lowercase().starts_with("id="));
    assert_eq!(pairs, expected);
    let tape = recorder.0.lock().unwrap();
    let header = |name: &str| tape.requests[0].headers()[name].to_str().unwrap().to_owned();
    assert_eq!((header("x-thing"), header("x-list"), header("id")), ("X".to_owned(), "1,2".to_owned(), "H".to_owned()));
}

#[tokio::test]
async fn lists_and_objects_are_serialized_in_the_style_given_by_the_document() {
    use clients::d_other_styles as styles;

    let recorder = Recorder::answering(200, "");
    let client = styles::Client::new("http://localhost", recorder.clone());
    let words = || vec!["a b".to_owned(), "c".to_owned()];
    let request = client.styles().list(words()).obj("a,1").m("x").l("y").pipes(words()).spaces(vec![1, 2]);
    let request = request.deep_gt(5).deep_tags(words()).deep_name("n").deep_size_lt(1.5).deep_size_units(words());
    let labels = std::collections::BTreeMap::from([("k".to_owned(), "v".to_owned())]);
    let request = request.deep_labels(labels);
    // The path has an object of the same shape, so both share one type.
    let mut filter = styles::types::StylesObj::default();
    filter.a = Some(1);
    let request = request.filter(filter).x_filter(vec!["é".to_owned()]).note("[n]");
    let request = request.session("s%3A1/a==").theme("dark").recent(vec![1, 2]);
    request.send().await.unwrap();
    let url = recorder.0.lock().unwrap().requests[0].url().clone();
    // Commas between list members are not percent-encoded in a path (RFC 6570, section 3.2.2).
    assert_eq!(url.path(), "/s/a%20b,c/a,1/x/y");
    let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    pairs.sort();
    let expected = [
        ("deep[gt]", "5"),
        ("deep[labels][k]", "v"),
        ("deep[name]", "n"),
        ("deep[size][lt]", "1.5"),
        ("deep[size][units]", "a b"),
        ("deep[size][units]", "c"),
        ("deep[tags]", "a b"),
        ("deep[tags]", "c"),
        ("filter", r#"{"a":1}"#),
        ("note", "[n]"),
        ("pipes", "a b|c"),
        ("spaces", "1 2"),
    ];
    assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let headers = recorder.0.lock().unwrap().requests[0].headers().clone();
    assert_eq!(headers["x-filter"], r#"["\u00e9"]"#);
    // All cookies are sent in one header (RFC 6265, section 5.4).
    assert_eq!(headers.get_all("cookie").iter().collect::<Vec<_>>(), ["recent=1,2; session=s%3A1/a==; theme=dark"]);
    // There is a warning for each parameter that the generated client cannot send, and no other warning.
    let said = styles::WARNINGS.join("\n");
    for name in ["`seen`", "`blob`", "`obj`", "`m`", "`l`"] {
        assert!(said.contains(name), "{name} is missing in {said}");
    }
    assert_eq!(styles::WARNINGS.len(), 5, "{said}");
}

#[tokio::test]
async fn operations_with_options_and_trace_are_sent_with_that_method() {
    let recorder = Recorder::answering(200, "\"x\"");
    let client = clients::d_other_utoipa::Client::new("http://localhost", recorder.clone());
    client.options_todo_by_id().id(7).send().await.unwrap();
    client.trace_todo_by_id().id(7).send().await.unwrap();
    let tape = recorder.0.lock().unwrap();
    let methods: Vec<&str> = tape.requests.iter().map(|request| request.method().as_str()).collect();
    assert_eq!(methods, ["OPTIONS", "TRACE"]);
}

#[tokio::test]
async fn responses_have_the_type_that_the_document_gives_for_their_status() {
    let recorder = Recorder::answering(418, r#"{"code":3}"#);
    let client = awkward::Client::new("http://localhost", recorder);
    // `default` and `404` share one type.
    let awkward::Error::ErrorResponse(error) = client.alike().send().await.unwrap_err() else { panic!() };
    assert_eq!(error.into_inner().code, Some(3));
    let awkward::Error::ErrorResponse(error) = client.only_default().send().await.unwrap_err() else { panic!() };
    assert_eq!(error.into_inner().code, Some(3));

    let nine =
        clients::d_09_ok_and_default_untyped::Client::new("http://localhost", Recorder::answering(200, r#"{"n":"x"}"#));
    assert_eq!(nine.read_thing().send().await.unwrap().into_inner().n.as_deref(), Some("x"));
}

#[test]
fn values_survive_a_round_trip() {
    use awkward::types::{Everything, Loose, Many, Names, Shape};

    let value = json!({
        "names": { "thing": "1", "Thing": "2", "THING": "3", "self": "4", "object": "5", "": "6", "_": "7", "a-b": "8", "a_b": "9" },
        "node": { "next": { "next": { "value": 3 } }, "value": 1 },
        "required_next": { "next": { "next": null } },
        "tree": { "leaves": [{ "leaves": [] }], "branch": { "tree": {} } },
        "loop": [1, { "x": null }],
        "shape": { "kind": "group", "of": { "kind": "circle", "radius": 1.5 } },
        "shapes": [{ "radius": 2, "kind": "circle" }, { "kind": "square", "color": "red" }, { "kind": "blob" }],
        "loose": [1, "a", {}],
        "merged": { "name": "m", "value": 2 },
        "odd": "", "numbers": 2, "mixed": 1, "nothing": null, "not": 5,
        "map": { "a": [1, 2], "b": [] }, "nested": [[1.5], []],
        "failure": { "why": "because" }, "kanji": { "語": "go" }, "numeral": { "123": "x" },
        "expression": { "all": [{ "not": "x" }, "y"] }, "beside": { "a": "1", "b": "2", "c": 3 },
        "unknown": { "kept": true }
    });
    let everything: Everything = round_trip(&value);
    assert_eq!(everything.failure.unwrap().why.as_deref(), Some("because"));
    assert!(matches!(everything.shapes[..], [Shape::Circle(_), Shape::Square(_), Shape::Other(_)]));
    assert_eq!(everything.names.unwrap().self__, "4");
    assert_eq!(everything.beside.unwrap().c, Some(3));

    for (value, is_right) in [
        (json!(1), (|it| matches!(it, Loose::Integer(1))) as fn(&Loose) -> bool),
        (json!(1.5), |it| matches!(it, Loose::Number(_))),
        (json!("1"), |it| matches!(it, Loose::Text(_))),
        (json!(true), |it| matches!(it, Loose::Flag(true))),
        (json!(["a"]), |it| matches!(it, Loose::List(_))),
        (json!({ "next": {} }), |it| matches!(it, Loose::Node(_))),
        (json!({ "id": "a", "url": "b", "count": 1 }), |it| matches!(it, Loose::Essential(_))),
    ] {
        let loose: Loose = round_trip(&value);
        assert!(is_right(&loose), "{value} is {loose:?}");
    }
    let many: Many = round_trip(&json!({ "f00": 1, "f65": "2", "f70": "x", "f77": null }));
    assert_eq!((many.f65, many.f70.as_str()), (Some(2.0), "x"));
    assert_eq!(round_trip::<Names>(&json!({})).extra().missing().count(), 2);
}

#[test]
fn union_members_are_serialized_with_their_tag() {
    let circle = awkward::types::Circle::new(2.0);
    assert_eq!(serde_json::to_value(&circle).unwrap(), json!({ "kind": "circle", "radius": 2.0 }));
    assert_eq!(
        serde_json::to_value(awkward::types::Shape::from(circle)).unwrap(),
        json!({ "kind": "circle", "radius": 2.0 })
    );
    let created = clients::d_23_union_member_as_body::types::Created::new("1");
    assert_eq!(serde_json::to_value(&created).unwrap(), json!({ "type": "created", "id": "1" }));
}

#[test]
fn missing_essential_fields_are_an_error() {
    use awkward::types::{Essential, Everything};

    let read = |value: Value| pollinations_api::json::read::<Essential>(value.to_string().as_bytes());
    assert_eq!(read(json!({ "id": "a", "url": "b" })).unwrap().count, 0);
    for (value, field) in [
        (json!({ "url": "b" }), "id"),
        (json!({ "id": null, "url": "b" }), "id"),
        (json!({ "id": {}, "url": "b" }), "id"),
        (json!({ "id": "a" }), "url"),
        (json!({ "id": "a", "url": null }), "url"),
        (json!({ "id": "a", "url": [1] }), "url"),
    ] {
        let error = read(value.clone()).unwrap_err().to_string();
        assert!(error.contains(&format!("missing field `{field}`")), "{value}: {error}");
    }
    // An inner value that lacks an essential field is left out, and kept as JSON.
    let value = json!({ "essential": { "count": 3 }, "listed": [{ "id": "a", "url": "b" }, { "id": "c" }] });
    let everything: Everything = round_trip(&value);
    assert_eq!((everything.essential, everything.listed.len()), (None, 1));
}
