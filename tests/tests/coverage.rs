//! `pollinations-ext` has a method for every operation of `openapi.json` and for each of its parameters. The test calls
//! each method, checks that the request has the parameter, and writes the result to `docs/coverage.md`.

use std::{
    any::type_name_of_val,
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
};

use pollinations_emulator::openapi::path_fits;
use pollinations_ext::{File, types};
use pollinations_tests::{Recorded, Recorder};
use serde_json::{Value, json};

const DOCUMENT: &str = "../openapi.json";
const TABLE: &str = "../docs/coverage.md";

/// The method, the path and the parameters of an operation.
struct Operation {
    method: String,
    path: String,
    parameters: BTreeSet<String>,
    /// The subsets of `parameters` that are sent in the query, in headers, and in a JSON body.
    query: BTreeSet<String>,
    headers: BTreeSet<String>,
    fields: BTreeSet<String>,
}

fn operations() -> BTreeMap<String, Operation> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT)).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let resolve = |value: &Value| match value["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).unwrap().clone(),
        None => value.clone(),
    };
    let mut operations = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "post", "put", "patch", "delete", "head"] {
            let Some(operation) = item.get(method) else { continue };
            let lists = [&item["parameters"], &operation["parameters"]];
            let own = lists.into_iter().filter_map(Value::as_array).flatten();
            let own: Vec<Value> = own.map(resolve).collect();
            let all_in = |place: Option<&str>| -> BTreeSet<String> {
                let those = own.iter().filter(|parameter| place.is_none_or(|place| parameter["in"] == place));
                those.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
            };
            let (query, headers) = (all_in(Some("query")), all_in(Some("header")));
            let (mut parameters, mut fields) = (all_in(None), BTreeSet::new());
            for (kind, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
                let properties = resolve(&content["schema"])["properties"].clone();
                let names: BTreeSet<String> =
                    properties.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
                parameters.extend(names.clone());
                if kind == "application/json" {
                    fields.extend(names);
                }
            }
            let id = operation["operationId"].as_str().unwrap().to_owned();
            let method = method.to_uppercase();
            operations.insert(id, Operation { method, path: path.clone(), parameters, query, headers, fields });
        }
    }
    operations
}

/// Which operations and parameters have been reached so far, and by which method.
struct Coverage {
    operations: BTreeMap<String, Operation>,
    reached: BTreeMap<(String, String), String>,
}

impl Coverage {
    /// Records that a method has sent this request, and checks that the request has the parameters.
    fn note(&mut self, operation: &str, parameters: &[&str], method: &str, request: &Recorded) {
        let known = &self.operations[operation];
        assert_eq!(request.method, known.method, "{method} does not send {operation}");
        let path = request.target.split('?').next().unwrap();
        assert!(path_fits(&known.path, path), "{method} sends {path} for {operation}");
        for parameter in parameters {
            assert!(carries(request, &known.path, parameter), "{method} does not send `{parameter}`:\n{request}");
            self.reached.entry((operation.to_owned(), (*parameter).to_owned())).or_insert(method.to_owned());
        }
        if parameters.is_empty() {
            self.reached.entry((operation.to_owned(), String::new())).or_insert(method.to_owned());
        }
    }

    /// The parameters in `names` that no method has reached yet.
    fn open<'a>(&self, id: &str, names: &'a BTreeSet<String>) -> Vec<&'a str> {
        let open = names.iter().filter(|name| !self.reached.contains_key(&(id.to_owned(), (*name).clone())));
        open.map(String::as_str).collect()
    }

    fn table(&self) -> String {
        let mut text = "# Coverage\n\nFind the method of `pollinations-ext` for each operation of the API, and for each of \
                        its parameters: path, query,\nheaders and body fields. A test generates this page by calling each \
                        method and checking that the request has the\nparameter.\n\nIf a parameter or an operation has \
                        no method, it is marked with `pollinations.api()`. You can still use it through the\ngenerated \
                        client, with the same key and retries.\n"
            .to_owned();
        let mut rest = String::new();
        for (id, operation) in &self.operations {
            let Some(method) = self.reached.get(&(id.clone(), String::new())) else {
                rest += &format!("| `{id}` | `{} {}` |\n", operation.method, operation.path);
                continue;
            };
            text += &format!("\n## `{id}`\n\n`{} {}`: `{method}`\n", operation.method, operation.path);
            if operation.parameters.is_empty() {
                continue;
            }
            text += "\n| parameter | method |\n|---|---|\n";
            for parameter in &operation.parameters {
                let method = self.reached.get(&(id.clone(), parameter.clone()));
                let method = method.map_or("pollinations.api()", String::as_str);
                text += &format!("| `{parameter}` | `{method}` |\n");
            }
        }
        if rest.is_empty() {
            return text;
        }
        text + "\n## Only with `pollinations.api()`\n\n| operation | request |\n|---|---|\n" + &rest
    }
}

/// The pairs of operation and parameter in a coverage table.
fn pairs(table: &str) -> BTreeSet<(String, String)> {
    let mut operation = "";
    let mut found = BTreeSet::new();
    for line in table.lines() {
        if let Some(id) = line.strip_prefix("## `").and_then(|rest| rest.strip_suffix('`')) {
            operation = id;
            found.insert((operation.to_owned(), String::new()));
        } else if let Some((name, method)) = line.strip_prefix("| `").and_then(|rest| rest.split_once("` | `"))
            && !method.starts_with("pollinations.api()")
        {
            found.insert((operation.to_owned(), name.to_owned()));
        }
    }
    found
}

#[test]
fn every_parameter_covered_in_february_2026_still_has_a_method() {
    let old = pairs(include_str!("../src/coverage-2026-02.md"));
    assert!(old.len() > 100, "{}", old.len());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE);
    let new = pairs(&fs::read_to_string(path).unwrap());
    // Upstream renamed `hash` to `id`.
    let renamed = |(operation, name): &(String, String)| {
        let name = if name == "hash" { "id" } else { name };
        (operation.clone(), name.to_owned())
    };
    let lost: Vec<_> = old.iter().map(renamed).filter(|pair| !new.contains(pair)).collect();
    assert!(lost.is_empty(), "no longer reached: {lost:?}");
}

/// Whether a request has a parameter: in its path, its query, or its body.
fn carries(request: &Recorded, path: &str, parameter: &str) -> bool {
    let query = request.target.split_once('?').map_or("", |(_, query)| query);
    let in_query = query.split('&').any(|pair| pair.split('=').next() == Some(parameter));
    let in_path = path.contains(&format!("{{{parameter}}}"));
    let in_json = serde_json::from_slice::<Value>(&request.body).is_ok_and(|body| body.get(parameter).is_some());
    let in_headers = request.headers.iter().any(|(name, _)| name == parameter);
    let in_form = String::from_utf8_lossy(&request.body).contains(&format!("form-data; name=\"{parameter}\""));
    in_query || in_path || in_json || in_form || in_headers
}

/// The name of the type of a value, without its module.
fn name_of<T>(value: &T) -> &'static str {
    let name = type_name_of_val(value).split('<').next().unwrap();
    name.rsplit("::").next().unwrap()
}

/// The future of so many calls needs a larger stack than a test thread has, so the test starts its own thread.
#[test]
fn every_operation_and_every_parameter_has_a_method() {
    let work = || tokio::runtime::Runtime::new().unwrap().block_on(cover());
    let thread = std::thread::Builder::new().stack_size(64 * 1024 * 1024).spawn(work).unwrap();
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

async fn cover() {
    // Only the requests matter, so every response is an empty object.
    let recorder = Recorder::json(json!({})).await;
    let mut coverage = Coverage { operations: operations(), reached: BTreeMap::new() };

    /// Calls a method, sends the request, and records the parameters that it has.
    macro_rules! reach {
        ($operation:literal [$($parameter:literal),*] $receiver:expr, $method:ident ( $($argument:tt)* ) $(, $($rest:tt)+)?) => {{
            let receiver = $receiver;
            let name = format!("{}::{}", name_of(&receiver), stringify!($method));
            // The empty object may not be a valid response, so errors are ignored.
            let _ = receiver.$method($($argument)*)$($($rest)+)?.await;
            let requests = recorder.take();
            assert_eq!(requests.len(), 1, "{name} must send one request");
            coverage.note($operation, &[$($parameter),*], &name, &requests[0]);
        }};
    }

    let client = recorder.client();
    let chat = || client.chat("openai").user("Hello");
    reach!("chat_completions" [] client.clone(), chat("openai"), .user("Hello").send());
    reach!("chat_completions" ["model"] client.clone(), chat("openai"), .user("Hello").send());
    reach!("chat_completions" ["messages"] client.chat("openai"), user("Hello"), .send());
    reach!("chat_completions" ["audio"] chat(), speak("alloy", "mp3"), .send());
    reach!("chat_completions" ["modalities"] chat(), modalities(["text"]), .send());
    reach!("chat_completions" ["frequency_penalty"] chat(), frequency_penalty(0.5), .send());
    reach!("chat_completions" ["presence_penalty"] chat(), presence_penalty(0.5), .send());
    reach!("chat_completions" ["repetition_penalty"] chat(), repetition_penalty(0.5), .send());
    reach!("chat_completions" ["logit_bias"] chat(), logit_bias("1", 5), .send());
    reach!("chat_completions" ["logprobs"] chat(), logprobs(true), .send());
    reach!("chat_completions" ["top_logprobs"] chat(), top_logprobs(2), .send());
    reach!("chat_completions" ["max_tokens"] chat(), max_tokens(2), .send());
    reach!("chat_completions" ["response_format"] chat(), response_format(types::ResponseFormat::json_object()), .send());
    reach!("chat_completions" ["seed"] chat(), seed(2), .send());
    reach!("chat_completions" ["stop"] chat(), stop(["x"]), .send());
    reach!("chat_completions" ["stream"] chat(), stream());
    reach!("chat_completions" ["stream_options"] chat(), stream_options(types::StreamOptions::default()), .stream());
    reach!("chat_completions" ["thinking"] chat(), thinking(100), .send());
    reach!("chat_completions" ["thinking_budget"] chat(), thinking_budget(100), .send());
    reach!("chat_completions" ["reasoning_effort"] chat(), reasoning_effort("low"), .send());
    reach!("chat_completions" ["temperature"] chat(), temperature(0.5), .send());
    reach!("chat_completions" ["top_p"] chat(), top_p(0.5), .send());
    reach!("chat_completions" ["tools"] chat(), tool(types::Tool::google_search()), .send());
    reach!("chat_completions" ["tool_choice"] chat(), tool_choice(types::ToolChoiceMode::Auto), .send());
    reach!("chat_completions" ["parallel_tool_calls"] chat(), parallel_tool_calls(false), .send());
    reach!("chat_completions" ["user"] chat(), end_user("u-1"), .send());
    reach!("chat_completions" ["function_call", "functions"] chat(), with_body(|body| {
        body.functions = vec![types::LegacyFunction::builder().name("old").try_into().unwrap()];
        body.function_call = Some(types::FunctionCallMode::Auto.into());
    }), .send());

    reach!("generate_text_from_messages" [] chat(), answer());
    reach!("generate_text_from_messages" ["model"] client.clone(), chat("openai"), .user("Hello").answer());
    reach!("generate_text_from_messages" ["messages"] client.chat("openai"), user("Hello"), .answer());
    reach!("generate_text_from_messages" ["audio"] chat(), speak("alloy", "mp3"), .answer());
    reach!("generate_text_from_messages" ["modalities"] chat(), modalities(["text"]), .answer());
    reach!("generate_text_from_messages" ["frequency_penalty"] chat(), frequency_penalty(0.5), .answer());
    reach!("generate_text_from_messages" ["presence_penalty"] chat(), presence_penalty(0.5), .answer());
    reach!("generate_text_from_messages" ["repetition_penalty"] chat(), repetition_penalty(0.5), .answer());
    reach!("generate_text_from_messages" ["logit_bias"] chat(), logit_bias("1", 5), .answer());
    reach!("generate_text_from_messages" ["logprobs"] chat(), logprobs(true), .answer());
    reach!("generate_text_from_messages" ["top_logprobs"] chat(), top_logprobs(2), .answer());
    reach!("generate_text_from_messages" ["max_tokens"] chat(), max_tokens(2), .answer());
    reach!("generate_text_from_messages" ["response_format"] chat(), response_format(types::ResponseFormat::json_object()), .answer());
    reach!("generate_text_from_messages" ["seed"] chat(), seed(2), .answer());
    reach!("generate_text_from_messages" ["stop"] chat(), stop(["x"]), .answer());
    reach!("generate_text_from_messages" ["stream"] chat(), answer_stream());
    reach!("generate_text_from_messages" ["stream_options"] chat(), stream_options(types::StreamOptions::default()), .answer_stream());
    reach!("generate_text_from_messages" ["thinking"] chat(), thinking(100), .answer());
    reach!("generate_text_from_messages" ["thinking_budget"] chat(), thinking_budget(100), .answer());
    reach!("generate_text_from_messages" ["reasoning_effort"] chat(), reasoning_effort("low"), .answer());
    reach!("generate_text_from_messages" ["temperature"] chat(), temperature(0.5), .answer());
    reach!("generate_text_from_messages" ["top_p"] chat(), top_p(0.5), .answer());
    reach!("generate_text_from_messages" ["tools"] chat(), tool(types::Tool::google_search()), .answer());
    reach!("generate_text_from_messages" ["tool_choice"] chat(), tool_choice(types::ToolChoiceMode::Auto), .answer());
    reach!("generate_text_from_messages" ["parallel_tool_calls"] chat(), parallel_tool_calls(false), .answer());
    reach!("generate_text_from_messages" ["user"] chat(), end_user("u-1"), .answer());
    reach!("generate_text_from_messages" ["function_call", "functions"] chat(), with_body(|body| {
        body.functions = vec![types::LegacyFunction::builder().name("old").try_into().unwrap()];
        body.function_call = Some(types::FunctionCallMode::Auto.into());
    }), .answer());

    let message = || client.messages("claude", 9).user("Hello");
    reach!("create_message" [] message(), send());
    reach!("create_message" ["model", "max_tokens"] client.clone(), messages("claude", 9), .user("Hello").send());
    reach!("create_message" ["messages"] client.messages("claude", 9), user("Hello"), .send());
    reach!("create_message" ["system"] message(), system("x"), .send());
    reach!("create_message" ["temperature"] message(), temperature(0.5), .send());
    reach!("create_message" ["top_p"] message(), top_p(0.5), .send());
    reach!("create_message" ["stop_sequences"] message(), stop_sequences(["x"]), .send());
    reach!("create_message" ["thinking"] message(), thinking(100), .send());
    reach!("create_message" ["output_config"] message(), effort("low"), .send());
    reach!("create_message" ["tools"] message(), function("f", "", None), .send());
    reach!("create_message" ["tool_choice"] message(), tool_choice(types::MessageToolChoice::new(types::MessageToolChoiceMode::Any)), .send());
    reach!("create_message" ["stream"] message(), stream());

    let response = || client.responses("openai").user("Hello");
    reach!("create_response" [] response(), send());
    reach!("create_response" ["model"] client.clone(), responses("openai"), .user("Hello").send());
    reach!("create_response" ["input"] client.responses("openai"), user("Hello"), .send());
    reach!("create_response" ["instructions"] response(), instructions("x"), .send());
    reach!("create_response" ["temperature"] response(), temperature(0.5), .send());
    reach!("create_response" ["top_p"] response(), top_p(0.5), .send());
    reach!("create_response" ["frequency_penalty"] response(), frequency_penalty(0.5), .send());
    reach!("create_response" ["presence_penalty"] response(), presence_penalty(0.5), .send());
    reach!("create_response" ["max_output_tokens"] response(), max_output_tokens(9), .send());
    reach!("create_response" ["max_tool_calls"] response(), max_tool_calls(2), .send());
    reach!("create_response" ["parallel_tool_calls"] response(), parallel_tool_calls(false), .send());
    reach!("create_response" ["top_logprobs"] response(), top_logprobs(2), .send());
    reach!("create_response" ["tool_choice"] response(), tool_choice("auto"), .send());
    reach!("create_response" ["truncation"] response(), truncation("auto"), .send());
    reach!("create_response" ["prompt_cache_key"] response(), prompt_cache_key("x"), .send());
    reach!("create_response" ["prompt_cache_retention"] response(), prompt_cache_retention("24h"), .send());
    reach!("create_response" ["safety_identifier"] response(), safety_identifier("x"), .send());
    reach!("create_response" ["service_tier"] response(), service_tier("flex"), .send());
    reach!("create_response" ["user"] response(), end_user("u-1"), .send());
    reach!("create_response" ["reasoning"] response(), reasoning_effort("low"), .send());
    reach!("create_response" ["text"] response(), text_format(json!({ "type": "text" })), .send());
    reach!("create_response" ["include"] response(), include(["message.output_text.logprobs"]), .send());
    reach!("create_response" ["metadata"] response(), metadata("a", "b"), .send());
    reach!("create_response" ["safe"] response(), safety_checks("secrets"), .send());
    reach!("create_response" ["tools"] response(), function("f", "", None), .send());
    reach!("create_response" ["stream"] response(), stream());

    let decision = || client.decide("It is raining.").proposition("wet", "The street is wet");
    reach!("create_decision" [] decision(), send());
    reach!("create_decision" ["state"] client.clone(), decide("It is raining."), .send());
    reach!("create_decision" ["questions"] client.decide("It is raining."), proposition("wet", "The street is wet"), .send());
    reach!("create_decision" ["model"] decision(), model("jev"), .send());

    let text = || client.text("a haiku");
    reach!("generate_text" [] text(), send());
    reach!("generate_text" ["prompt"] client.clone(), text("a haiku"), .send());
    reach!("generate_text" ["model"] text(), model("openai"), .send());
    reach!("generate_text" ["seed"] text(), seed(1), .send());
    reach!("generate_text" ["system"] text(), system("x"), .send());
    reach!("generate_text" ["json"] text(), json(true), .send());
    reach!("generate_text" ["temperature"] text(), temperature(1.0), .send());
    reach!("generate_text" ["top_p"] text(), top_p(0.9), .send());
    reach!("generate_text" ["presence_penalty"] text(), presence_penalty(0.5), .send());
    reach!("generate_text" ["frequency_penalty"] text(), frequency_penalty(0.5), .send());
    reach!("generate_text" ["repetition_penalty"] text(), repetition_penalty(0.5), .send());
    reach!("generate_text" ["max_tokens"] text(), max_tokens(10), .send());
    reach!("generate_text" ["max_completion_tokens"] text(), max_completion_tokens(10), .send());
    reach!("generate_text" ["voice"] text(), voice("nova"), .send());
    reach!("generate_text" ["reasoning_effort"] text(), reasoning_effort("low"), .send());
    reach!("generate_text" ["safe"] text(), safety_checks("secrets"), .send());
    reach!("generate_text" ["stream"] text(), stream());
    reach!("generate_text_post" [] text(), send_post());
    reach!("generate_text_post" ["prompt"] client.clone(), text("a haiku"), .send_post());
    reach!("generate_text_post" ["model"] text(), model("openai"), .send_post());
    reach!("generate_text_post" ["seed"] text(), seed(1), .send_post());
    reach!("generate_text_post" ["system"] text(), system("x"), .send_post());
    reach!("generate_text_post" ["json"] text(), json(true), .send_post());
    reach!("generate_text_post" ["temperature"] text(), temperature(1.0), .send_post());
    reach!("generate_text_post" ["stream"] text(), stream_post());

    let image = || client.image("a cat");
    reach!("generate_image" [] image(), send());
    reach!("generate_image" ["prompt"] client.clone(), image("a cat"), .send());
    reach!("generate_image" ["model"] image(), model("flux"), .send());
    reach!("generate_image" ["width", "height"] image(), size(5, 6), .send());
    reach!("generate_image" ["seed"] image(), seed(1), .send());
    reach!("generate_image" ["enhance"] image(), enhance(true), .send());
    reach!("generate_image" ["negative_prompt"] image(), negative_prompt("x"), .send());
    reach!("generate_image" ["safe"] image(), safe(true), .send());
    reach!("generate_image" ["quality"] image(), quality("hd"), .send());
    reach!("generate_image" ["image"] image(), reference_image("https://example.com/a.png"), .send());
    reach!("generate_image" ["transparent"] image(), transparent(true), .send());
    reach!("generate_image" ["duration"] image(), duration(5), .send());
    reach!("generate_image" ["aspectRatio"] image(), aspect_ratio("16:9"), .send());
    reach!("generate_image" ["audio"] image(), audio(true), .send());

    reach!("generate_image" ["resolution"] image(), resolution("2k"), .send());

    reach!("create_image" [] client.images("a cat"), send());
    reach!("create_image" ["prompt"] client.clone(), images("a cat"), .send());
    reach!("create_image" ["n"] image(), n(1), .send());
    let images = || client.images("a cat");
    reach!("create_image" ["model"] images(), model("flux"), .send());
    reach!("create_image" ["size"] images(), size(5, 6), .send());
    reach!("create_image" ["quality"] images(), quality("high"), .send());
    reach!("create_image" ["resolution"] images(), resolution("2k"), .send());
    reach!("create_image" ["response_format"] images(), response_format("url"), .send());
    reach!("create_image" ["safe"] images(), safe(true), .send());
    reach!("create_image" ["user"] images(), end_user("u-1"), .send());
    reach!("create_image" ["image"] images(), reference_image("https://example.com/a.png"), .send());

    const CAT: &str = "https://example.com/cat.png";
    let edit = || client.edit("at night", [CAT]);
    reach!("edit_image" [] edit(), send());
    reach!("edit_image" ["prompt", "image"] client.clone(), edit("at night", [CAT]), .send());
    reach!("edit_image" ["image[]"] edit(), image(File::bytes(&b"\x89PNG"[..])), .send());
    reach!("edit_image" ["model"] edit(), model("kontext"), .send());
    reach!("edit_image" ["size"] edit(), size(5, 6), .send());
    reach!("edit_image" ["quality"] edit(), quality("high"), .send());
    reach!("edit_image" ["resolution"] edit(), resolution("2k"), .send());
    reach!("edit_image" ["response_format"] edit(), response_format("url"), .send());
    reach!("edit_image" ["safe"] edit(), safe(true), .send());

    let object = || client.three_d("a chair");
    reach!("generate_3d" [] object(), send());
    reach!("generate_3d" ["prompt"] client.clone(), three_d("a chair"), .send());
    reach!("generate_3d" ["model"] object(), model("hyper3d/rodin-2.5"), .send());
    reach!("generate_3d" ["resolution"] object(), resolution("high"), .send());
    reach!("generate_3d" ["image"] object(), image(CAT), .send());
    reach!("generate_3d" ["seed"] object(), seed(1), .send());
    reach!("generate_3d" ["safe"] object(), safe(true), .send());
    reach!("generate_3d_post" [] object(), send_post());
    reach!("generate_3d_post" ["prompt"] client.clone(), three_d("a chair"), .send_post());
    reach!("generate_3d_post" ["model"] object(), model("hyper3d/rodin-2.5"), .send_post());
    reach!("generate_3d_post" ["resolution"] object(), resolution("high"), .send_post());
    reach!("generate_3d_post" ["image"] object(), image(CAT), .send_post());
    reach!("generate_3d_post" ["seed"] object(), seed(1), .send_post());
    reach!("generate_3d_post" ["safe"] object(), safe(true), .send_post());

    let video = || client.video("a cat", "veo");
    reach!("generate_video" [] client.clone(), video("a cat", "veo"), .send());
    reach!("generate_video" ["prompt", "model"] client.clone(), video("a cat", "veo"), .send());
    reach!("generate_video" ["width", "height"] video(), size(5, 6), .send());
    reach!("generate_video" ["seed"] video(), seed(1), .send());
    reach!("generate_video" ["safe"] video(), safe(true), .send());
    reach!("generate_video" ["image"] video(), frame("https://example.com/a.png"), .send());
    reach!("generate_video" ["reference_images"] video(), guide_image("https://example.com/a.png"), .send());
    reach!("generate_video" ["reference_videos"] video(), guide_video("https://example.com/a.mp4"), .send());
    reach!("generate_video" ["reference_audios"] video(), guide_audio("https://example.com/a.mp3"), .send());
    reach!("generate_video" ["resolution"] video(), resolution("720p"), .send());
    reach!("generate_video" ["duration"] video(), duration(5), .send());
    reach!("generate_video" ["aspectRatio"] video(), aspect_ratio("16:9"), .send());
    reach!("generate_video" ["audio"] video(), audio(true), .send());

    let speech = || client.speech("Hello");
    reach!("create_speech" [] speech(), send());
    reach!("create_speech" ["input"] client.clone(), speech("Hello"), .send());
    reach!("create_speech" ["model"] speech(), model("x"), .send());
    reach!("create_speech" ["voice"] speech(), voice("nova"), .send());
    reach!("create_speech" ["response_format"] speech(), response_format("wav"), .send());
    reach!("create_speech" ["speed"] speech(), speed(1.5), .send());
    reach!("create_speech" ["duration"] speech(), duration(5.0), .send());
    reach!("create_speech" ["instrumental"] speech(), instrumental(true), .send());
    reach!("create_speech" ["instructions"] speech(), instructions("x"), .send());
    reach!("create_speech" ["seconds"] speech(), seconds(5.0), .send());
    reach!("create_speech" ["loop"] speech(), looped(true), .send());
    reach!("create_speech" ["negative_prompt"] speech(), negative_prompt("x"), .send());
    reach!("create_speech" ["prompt_influence"] speech(), prompt_influence(0.5), .send());
    reach!("create_speech" ["seed"] speech(), seed(1), .send());
    reach!("create_speech" ["steps"] speech(), steps(50), .send());
    reach!("create_speech" ["safe"] speech(), safe(true), .send());
    reach!("create_speech" ["composition_plan"] speech(), composition_plan(json!({ "a": 1 })), .send());
    reach!("create_speech" ["conditioning_ref"] speech(), conditioning_ref(json!({ "a": 1 })), .send());
    reach!("create_speech" ["reference_audio"] speech(), reference_audio("https://example.com/a.mp3"), .send());
    reach!("create_speech" ["store_for_inpainting"] speech(), store_for_inpainting(true), .send());
    reach!("generate_audio" [] speech(), send_get());
    reach!("generate_audio" ["text"] client.clone(), speech("Hello"), .send_get());
    reach!("generate_audio" ["model"] speech(), model("x"), .send_get());
    reach!("generate_audio" ["voice"] speech(), voice("nova"), .send_get());
    reach!("generate_audio" ["response_format"] speech(), response_format("wav"), .send_get());
    reach!("generate_audio" ["duration"] speech(), duration(5.0), .send_get());
    reach!("generate_audio" ["instrumental"] speech(), instrumental(true), .send_get());

    reach!("generate_audio" ["instructions"] speech(), instructions("x"), .send_get());
    reach!("generate_audio" ["seconds"] speech(), seconds(5.0), .send_get());
    reach!("generate_audio" ["loop"] speech(), looped(true), .send_get());
    reach!("generate_audio" ["negative_prompt"] speech(), negative_prompt("x"), .send_get());
    reach!("generate_audio" ["prompt_influence"] speech(), prompt_influence(0.5), .send_get());
    reach!("generate_audio" ["seed"] speech(), seed(1), .send_get());
    reach!("generate_audio" ["steps"] speech(), steps(50), .send_get());
    reach!("generate_audio" ["safe"] speech(), safe(true), .send_get());

    let timed = || client.speech_with_timestamps("Hello");
    reach!("create_speech_with_timestamps" [] client.clone(), speech_with_timestamps("Hello"), .send());
    reach!("create_speech_with_timestamps" ["input"] client.clone(), speech_with_timestamps("Hello"), .send());
    reach!("create_speech_with_timestamps" ["model"] timed(), model("x"), .send());
    reach!("create_speech_with_timestamps" ["voice"] timed(), voice("nova"), .send());
    reach!("create_speech_with_timestamps" ["response_format"] timed(), response_format("wav"), .send());
    reach!("create_speech_with_timestamps" ["seed"] timed(), seed(1), .send());

    let recording = || File::bytes(&b"ID3\x04"[..]);
    let change = || client.change_voice(recording());
    reach!("change_voice" [] client.clone(), change_voice(recording()), .send());
    reach!("change_voice" ["file"] client.clone(), change_voice(recording()), .send());
    reach!("change_voice" ["model"] change(), model("x"), .send());
    reach!("change_voice" ["voice"] change(), voice("nova"), .send());
    reach!("change_voice" ["response_format"] change(), response_format("wav"), .send());
    reach!("isolate_voice" [] client.clone(), isolate_voice(recording()), .send());
    reach!("isolate_voice" ["file"] client.clone(), isolate_voice(recording()), .send());
    reach!("isolate_voice" ["model"] client.isolate_voice(recording()), model("x"), .send());
    reach!("separate_stems" [] client.separate_stems(recording()), send());
    reach!("separate_stems" ["file"] client.clone(), separate_stems(recording()), .send());
    reach!("separate_stems" ["model"] client.separate_stems(recording()), model("x"), .send());
    reach!("separate_stems" ["stem_variation_id"]
        client.separate_stems(recording()), variation("two_stems_v1"), .send());

    let embed = || client.embed("a tulip");
    reach!("embed" [] client.clone(), embed("a tulip"), .send());
    reach!("embed" ["input"] client.clone(), embed("a tulip"), .send());
    reach!("embed" ["model"] embed(), model("x"), .send());
    reach!("embed" ["dimensions"] embed(), dimensions(256), .send());
    reach!("embed" ["encoding_format"] embed(), encoding_format("base64"), .send());
    reach!("embed" ["input_type"] embed(), input_type("query"), .send());
    reach!("embed" ["task_type"] embed(), task_type("CLUSTERING"), .send());

    let transcribe = || client.transcribe(recording());
    reach!("create_transcription" [] transcribe(), send());
    reach!("create_transcription" ["file"] client.clone(), transcribe(recording()), .send());
    reach!("create_transcription" ["model"] transcribe(), model("x"), .send());
    reach!("create_transcription" ["language"] transcribe(), language("en"), .send());
    reach!("create_transcription" ["prompt"] transcribe(), prompt("x"), .send());
    reach!("create_transcription" ["response_format"] transcribe(), response_format("vtt"), .send_raw());
    reach!("create_transcription" ["temperature"] transcribe(), temperature(0.0), .send());
    reach!("create_transcription" ["speakers_expected"] transcribe(), speakers_expected(2), .diarized());

    let picture = || File::bytes(&b"\x89PNG\r\n\x1a\n"[..]);
    let media = || client.media();
    reach!("upload_media" [] media().upload(picture()), send());
    reach!("upload_media" ["file"] media(), upload(picture()), .send());
    reach!("upload_media" ["data"] media().upload(picture()), base64(), .send());
    reach!("upload_media" ["name"] media().upload(picture().name("x")), base64(), .send());
    reach!("upload_media" ["contentType"] media().upload(picture().content_type("image/x")), base64(), .send());
    reach!("upload_media" ["id"] media().upload(picture()), id("mine"), .send());
    reach!("upload_media" ["tags"] media().upload(picture()), tag("cats"), .send());
    reach!("list_media" [] media(), gallery("cats"), .send());
    reach!("list_media" ["tag"] media(), gallery("cats"), .send());
    reach!("list_media" ["limit"] media().gallery("cats"), limit(5), .send());
    reach!("list_media" ["cursor"] media().gallery("cats"), cursor("x"), .send());
    reach!("media_metadata" [] media(), metadata("abc"));
    reach!("media_metadata" ["id"] media(), metadata("abc"));
    reach!("delete_media" [] media(), delete("abc"));
    reach!("delete_media" ["id"] media(), delete("abc"));
    reach!("fetch_media" [] media(), fetch("abc"));
    reach!("fetch_media" ["id"] media(), fetch("abc"));
    reach!("media_exists" [] media(), exists("abc"));
    reach!("media_exists" ["id"] media(), exists("abc"));

    let account = || client.account();
    reach!("account_balance" [] account(), balance());
    reach!("account_profile" [] account(), profile());
    reach!("account_key" [] account(), key());
    reach!("account_usage" [] account(), usage(), .send());
    reach!("account_usage" ["limit"] account().usage(), limit(5), .send());
    reach!("account_usage" ["before"] account().usage(), before("x"), .send());
    reach!("account_usage" ["format"] account().usage(), csv());
    reach!("account_usage_daily" [] account(), usage_daily(), .send());
    reach!("account_usage_daily" ["format"] account().usage_daily(), csv());
    reach!("account_usage" ["before_event_id"] account().usage(), before_event_id("x"), .send());
    reach!("account_usage" ["days"] account().usage(), days(5), .send());
    reach!("account_usage" ["granularity"] account().usage(), granularity("day"), .send());
    reach!("account_usage" ["period"] account().usage(), period("2026-10-01"), .send());
    reach!("account_usage" ["api_key_ids"] account().usage(), api_key_ids(["x"]), .send());
    reach!("account_usage" ["models"] account().usage(), models(["x"]), .send());
    reach!("account_usage_daily" ["days"] account().usage_daily(), days(5), .send());
    reach!("account_usage_daily" ["granularity"] account().usage_daily(), granularity("day"), .send());
    reach!("account_usage_daily" ["period"] account().usage_daily(), period("2026-10-01"), .send());
    reach!("account_usage_daily" ["api_key_ids"] account().usage_daily(), api_key_ids(["x"]), .send());
    reach!("key_usage" [] account(), key_usage(), .send());
    reach!("key_usage" ["limit"] account().key_usage(), limit(5), .send());
    reach!("key_usage" ["before"] account().key_usage(), before("x"), .send());
    reach!("key_usage" ["before_event_id"] account().key_usage(), before_event_id("x"), .send());
    reach!("key_usage" ["days"] account().key_usage(), days(5), .send());
    reach!("key_usage" ["granularity"] account().key_usage(), granularity("day"), .send());
    reach!("key_usage" ["period"] account().key_usage(), period("2026-10-01"), .send());
    reach!("key_usage" ["api_key_ids"] account().key_usage(), api_key_ids(["x"]), .send());
    reach!("key_usage" ["models"] account().key_usage(), models(["x"]), .send());
    reach!("key_usage" ["format"] account().key_usage(), csv());

    let keys = || client.account().keys();
    reach!("list_keys" [] keys(), list());
    reach!("create_key" [] keys(), create("x"), .send());
    reach!("create_key" ["name"] keys(), create("x"), .send());
    reach!("create_key" ["type"] keys().create("x"), publishable(), .send());
    reach!("create_key" ["expiresIn"] keys().create("x"), expires_in(std::time::Duration::from_secs(5)), .send());
    reach!("create_key" ["allowedModels"] keys().create("x"), models(["text"]), .send());
    reach!("create_key" ["pollenBudget"] keys().create("x"), budget(1.0), .send());
    reach!("create_key" ["questPollenOnly"] keys().create("x"), quest_pollen_only(true), .send());
    reach!("create_key" ["accountPermissions"] keys().create("x"), permissions(["usage"]), .send());
    reach!("create_key" ["redirectUris"] keys().create("x"), redirect_uris(["https://example.com"]), .send());
    reach!("create_key" ["earningsEnabled"] keys().create("x"), earnings(true), .send());
    reach!("create_key" ["description"] keys().create("x"), description("x"), .send());
    reach!("update_key" [] keys(), update("x"), .send());
    reach!("update_key" ["id"] keys(), update("x"), .send());
    reach!("update_key" ["name"] keys().update("x"), name("x"), .send());
    reach!("update_key" ["expiresAt"] keys().update("x"), expires_at("2026-12-31T00:00:00Z"), .send());
    reach!("update_key" ["allowedModels"] keys().update("x"), models(["text"]), .send());
    reach!("update_key" ["pollenBudget"] keys().update("x"), budget(1.0), .send());
    reach!("update_key" ["questPollenOnly"] keys().update("x"), quest_pollen_only(true), .send());
    reach!("update_key" ["accountPermissions"] keys().update("x"), permissions(["usage"]), .send());
    reach!("update_key" ["redirectUris"] keys().update("x"), redirect_uris(["https://example.com"]), .send());
    reach!("update_key" ["earningsEnabled"] keys().update("x"), earnings(true), .send());
    reach!("update_key" ["description"] keys().update("x"), description("x"), .send());
    reach!("revoke_key" [] keys(), revoke("x"));
    reach!("revoke_key" ["id"] keys(), revoke("x"));

    reach!("account_earnings" [] account(), earnings(), .send());
    reach!("account_earnings" ["days"] account().earnings(), days(5), .send());
    reach!("account_earnings" ["granularity"] account().earnings(), granularity("day"), .send());
    reach!("account_earnings" ["period"] account().earnings(), period("2026-10-01"), .send());
    reach!("account_earnings" ["format"] account().earnings(), csv());
    reach!("earnings_transactions" [] account(), earnings_transactions(), .send());
    reach!("earnings_transactions" ["limit"] account().earnings_transactions(), limit(5), .send());
    reach!("earnings_transactions" ["days"] account().earnings_transactions(), days(5), .send());
    reach!("earnings_transactions" ["granularity"] account().earnings_transactions(), granularity("day"), .send());
    reach!("earnings_transactions" ["period"] account().earnings_transactions(), period("2026-10-01"), .send());
    reach!("account_quests" [] account(), quests());
    reach!("quest_rewards" [] account(), quest_rewards());
    reach!("quest_catalog" [] account(), quest_catalog());
    reach!("report_harness" [] account(), report_harness("x"));
    reach!("report_harness" ["harness"] account(), report_harness("x"));

    /// A generated request type with these fields.
    fn with<T: serde::de::DeserializeOwned>(fields: Value) -> T {
        serde_json::from_value(fields).unwrap()
    }
    let agents = || client.account().agents();
    reach!("list_agents" [] agents(), list());
    reach!("create_agent" [] agents(), create(with::<types::NewPromptAgent>(json!({
        "name": "x", "title": "x", "baseModel": "x", "systemPrompt": "x",
    }))));
    reach!("get_agent" [] agents(), get("x"));
    reach!("get_agent" ["id"] agents(), get("x"));
    reach!("update_agent" [] agents(), update("x", types::AgentChanges::default()));
    reach!(
        "update_agent"
        ["id", "name", "title", "description", "baseModel", "systemPrompt", "mcpServers", "requiredSafetyFeatures", "visibility"]
        agents(),
        update("x", with(json!({
            "name": "x", "title": "x", "description": "x", "baseModel": "x", "systemPrompt": "x", "mcpServers": ["ffmpeg"],
            "requiredSafetyFeatures": ["privacy"], "visibility": "public",
        })))
    );
    reach!("delete_agent" [] agents(), delete("x"));
    reach!("delete_agent" ["id"] agents(), delete("x"));
    reach!("sync_agent" [] agents(), sync("x"));
    reach!("sync_agent" ["id"] agents(), sync("x"));

    let models = || client.account().my_models();
    reach!("list_my_models" [] models(), list());
    reach!("create_my_model" [] models(), create(with::<types::NewTextModel>(json!({
        "name": "x", "title": "x", "api": "responses", "url": "https://example.com", "bearerToken": "x",
    }))));
    let changes = json!({
        "name": "x", "title": "x", "description": "x", "api": "responses", "url": "https://example.com",
        "baseUrl": "https://example.com", "bearerToken": "x", "upstreamModel": "x", "visibility": "public",
        "advertised": {}, "fallbacks": ["x"], "imagePricing": "request", "inputModalities": ["text"],
        "outputModalities": ["text"], "paidOnly": true, "perUserRpm": 5, "requiredSafetyFeatures": ["privacy"],
        "promptTextPrice": 1, "promptCachedPrice": 1, "promptCacheWritePrice": 1, "promptAudioPrice": 1,
        "promptImagePrice": 1, "completionTextPrice": 1, "completionReasoningPrice": 1, "completionAudioPrice": 1,
        "completionImagePrice": 1, "completionVideoPrice": 1,
    });
    reach!("update_my_model" [] models(), update("x", types::MyModelChanges::default()));
    reach!(
        "update_my_model"
        [
            "id", "name", "title", "description", "api", "url", "baseUrl", "bearerToken", "upstreamModel", "visibility",
            "advertised", "fallbacks", "imagePricing", "inputModalities", "outputModalities", "paidOnly", "perUserRpm",
            "requiredSafetyFeatures", "promptTextPrice", "promptCachedPrice", "promptCacheWritePrice",
            "promptAudioPrice", "promptImagePrice", "completionTextPrice", "completionReasoningPrice",
            "completionAudioPrice", "completionImagePrice", "completionVideoPrice"
        ]
        models(),
        update("x", with(changes))
    );
    reach!("delete_my_model" [] models(), delete("x"));
    reach!("delete_my_model" ["id"] models(), delete("x"));
    let agent = || {
        json!({
            "name": "x", "title": "x", "description": "x", "api": "responses", "url": "https://example.com",
            "upstreamModel": "x", "visibility": "public", "inputModalities": ["text"], "outputModalities": ["text"],
            "perUserRpm": 5, "requiredSafetyFeatures": ["privacy"],
        })
    };
    reach!("create_endpoint_agent" [] models(), create_endpoint_agent(with(agent())));
    reach!(
        "create_endpoint_agent"
        [
            "name", "title", "description", "api", "url", "upstreamModel", "visibility", "inputModalities",
            "outputModalities", "perUserRpm", "requiredSafetyFeatures"
        ]
        models(),
        create_endpoint_agent(with(agent()))
    );
    reach!("test_my_model" [] models(), test(with::<types::TextModelTest>(json!({
        "api": "responses", "url": "https://example.com", "bearerToken": "x", "model": "x",
    }))));
    reach!("list_upstream_models" [] models(), list_upstream("https://example.com", "x"));
    reach!("list_upstream_models" ["baseUrl", "bearerToken"] models(), list_upstream("https://example.com", "x"));
    reach!("list_fallback_candidates" [] models(), fallback_candidates("x"));
    reach!("list_fallback_candidates" ["id"] models(), fallback_candidates("x"));
    let profile = || with(json!({ "name": "x", "url": "https://example.com", "iconUrl": "https://example.com" }));
    reach!("update_provider_profile" [] models(), update_provider(profile()));
    reach!("update_provider_profile" ["name", "url", "iconUrl"] models(), update_provider(profile()));

    let apps = || client.account().integrations();
    reach!("list_integrations" [] apps(), list());
    reach!("search_toolkits" [] apps(), available());
    reach!("search_toolkits" ["search"] apps(), search("x"));
    reach!("connect_integration" [] apps(), connect("x"));
    reach!("connect_integration" ["toolkit"] apps(), connect("x"));
    reach!("disconnect_integration" [] apps(), disconnect("x"));
    reach!("disconnect_integration" ["id"] apps(), disconnect("x"));

    macro_rules! listing {
        ($operation:literal $method:ident) => {
            let models = || client.models().$method();
            reach!($operation [] client.models(), $method());
            reach!($operation ["source"] models(), source(types::ModelSource::Official));
            reach!($operation ["reliability"] models(), reliability(types::ModelReliability::All));
            reach!($operation ["community"] models(), community(false));
            reach!($operation ["query"] models(), search("flux"));
            reach!($operation ["capabilities"] models(), capabilities([types::ModelCapability::Reasoning]));
            reach!($operation ["agent"] models(), agent(true));
            reach!($operation ["limit"] models(), limit(5));
        };
    }
    listing!("list_all_models" all);
    listing!("list_text_models" text);
    listing!("list_image_models" image);
    listing!("list_video_models" video);
    listing!("list_audio_models" audio);
    listing!("list_embedding_models" embeddings);
    listing!("list_3d_models" three_d);
    listing!("list_models" list);
    reach!("get_model" [] client.models(), get("openai"));
    reach!("get_model" ["model"] client.models(), get("openai/gpt"));
    reach!("model_status" [] client.models(), status());
    reach!("model_status" ["traffic"] client.models().status(), traffic(types::StatusTraffic::Regular));
    reach!("model_status" ["minutes"] client.models().status(), minutes(5));
    reach!("model_stats" [] client.models(), stats());

    reach!("realtime_v1" [] client.clone(), realtime("x"), .connect());
    reach!("realtime_v1" ["model"] client.clone(), realtime("x"), .connect());
    reach!("realtime" [] client.realtime("x").unversioned(), connect());
    reach!("realtime" ["model"] client.realtime("x"), unversioned(), .connect());

    /// Sends each parameter without a dedicated method through the method that accepts any name.
    macro_rules! beyond {
        ($operation:literal $part:ident $receiver:expr, $method:ident $($send:tt)*) => {{
            let names = coverage.operations[$operation].$part.clone();
            for name in coverage.open($operation, &names) {
                let receiver = $receiver;
                let method = format!("{}::{}", name_of(&receiver), stringify!($method));
                let _ = receiver.$method(name, "1")$($send)*.await;
                let requests = recorder.take();
                assert_eq!(requests.len(), 1, "{method} must send one request");
                coverage.note($operation, &[name], &method, &requests[0]);
            }
        }};
    }

    beyond!("chat_completions" fields chat(), field.send());
    beyond!("generate_text_from_messages" fields chat(), field.answer());
    beyond!("create_message" fields message(), field.send());
    beyond!("create_response" fields response(), field.send());
    beyond!("generate_text" query text(), query.send());
    beyond!("generate_image" query image(), query.send());
    beyond!("edit_image" fields edit(), field.send());
    beyond!("create_key" fields keys().create("x"), field.send());

    beyond!("list_all_models" headers client.models().all(), header);
    beyond!("list_text_models" headers client.models().text(), header);
    beyond!("list_image_models" headers client.models().image(), header);
    beyond!("list_video_models" headers client.models().video(), header);
    beyond!("list_audio_models" headers client.models().audio(), header);
    beyond!("list_embedding_models" headers client.models().embeddings(), header);
    beyond!("list_3d_models" headers client.models().three_d(), header);
    beyond!("list_models" headers client.models().list(), header);

    // An operation without a method is only available through `api()`. If it has a method, all its parameters need one.
    let missing: BTreeSet<String> = coverage
        .operations
        .iter()
        .filter(|(id, _)| coverage.reached.contains_key(&((*id).clone(), String::new())))
        .flat_map(|(id, operation)| {
            let open = coverage.open(id, &operation.parameters);
            open.into_iter().map(|name| format!("{id} {name}")).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(missing, BTreeSet::new(), "parameters without a method");

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE);
    let table = coverage.table();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &table).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == table, "docs/coverage.md is out of date: run this test with UPDATE_DOCS=1");
}
