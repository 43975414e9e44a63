//! Embeddings: the requests, the vectors in the responses, and batches that fail in part.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use pollinations_emulator::Emulator;
use pollinations_ext::{Error, ErrorKind, File, Pollinations, RetryPolicy};
use pollinations_tests::{Recorder, Script, Step};
use serde_json::{Value, json};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

fn answer(vectors: &[Value]) -> Value {
    let data: Vec<Value> = vectors
        .iter()
        .enumerate()
        .map(|(index, vector)| json!({ "object": "embedding", "index": index, "embedding": vector }))
        .collect();
    json!({ "object": "list", "data": data, "model": "m", "usage": { "prompt_tokens": 3, "total_tokens": 3 } })
}

async fn emulated() -> (Emulator, Pollinations) {
    let emulator = Emulator::start().await.unwrap();
    let client = Pollinations::builder().base_url(emulator.base_url()).key("sk_test".parse().unwrap());
    (emulator, client.build().unwrap())
}

#[tokio::test]
async fn embedding_requests_send_only_the_given_settings() {
    let recorder = Recorder::json(answer(&[json!([0.5, -0.25])])).await;
    let client = recorder.client();
    let embeddings = client.embed("a tulip").send().await.unwrap();
    assert_eq!(embeddings.vectors(), [[0.5, -0.25]]);
    assert_eq!((embeddings.model(), embeddings.usage().total_tokens), ("m", 3));
    let request = client.embed("a tulip").model("cohere/embed-4").dimensions(256).encoding_format("base64");
    request.input_type("query").task_type("RETRIEVAL_QUERY").field("truncate", "END").send().await.unwrap();
    client.embed_batch(["a tulip"]).dimensions(512).query("trace", "1").send().await.unwrap();
    let request = client.embed("a tulip").image(File::bytes(PNG)).image_url("https://example.com/a.png");
    let request = request.audio(File::bytes(&b"ID3\x04"[..])).video_url("https://example.com/a.mp4");
    request.video(File::bytes(&b"x"[..]).content_type("video/mp4")).send_raw().await.unwrap();
    client.embed_media().text("a").text("b").send().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn invalid_inputs_are_rejected_before_the_request_is_sent() {
    let recorder = Recorder::json(answer(&[json!([1])])).await;
    let client = recorder.client();
    for (request, problem) in [
        (client.embed_media(), "embed: there is nothing to embed: add text, images, audio or video"),
        (
            client.embed("a").image(File::bytes(&b"ID3\x04"[..])),
            "embed: `file.mp3` is not an image: its content type is audio/mpeg; if this is wrong, set the content type",
        ),
        (
            client.embed("a").audio(File::bytes(&b"hello"[..])),
            "embed: `file` is not an audio file: its content type is unknown; if this is wrong, set the content type",
        ),
    ] {
        let error = request.send().await.unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::InvalidRequest, problem));
    }
    let error = client.embed("a").video(File::path("/no/such/file.mp4")).send().await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Io, Some("embed")));
    let nothing = client.embed_batch(Vec::<String>::new()).send().await.unwrap();
    assert!(nothing.vectors().is_empty() && nothing.vector().is_empty());
    assert!(recorder.take().is_empty());
}

#[tokio::test]
async fn vectors_are_read_as_numbers_or_base64_with_wrong_or_missing_other_fields() {
    let floats: Vec<f32> = (0..300_u16).map(|index| (f32::from(index) / 7.0).sin()).collect();
    let bytes: Vec<u8> = floats.iter().flat_map(|float| float.to_le_bytes()).collect();
    let in_base64 = json!(BASE64_STANDARD.encode(bytes));
    let mut lenient = answer(&[json!(floats)]);
    // This response does not match the document, but it is readable.
    lenient["usage"] = json!({ "prompt_tokens": "3", "total_tokens": 3.0 });
    lenient["data"][0]["index"] = Value::Null;
    lenient.as_object_mut().unwrap().remove("model");
    let mut lenient_base64 = lenient.clone();
    lenient_base64["data"][0]["embedding"] = in_base64.clone();
    for body in [answer(&[json!(floats)]), answer(&[in_base64]), lenient, lenient_base64] {
        let recorder = Recorder::json(body).await;
        let embeddings = recorder.client().embed("a").send().await.unwrap();
        assert_eq!(embeddings.vector(), floats);
        assert_eq!(embeddings.usage().total_tokens, 3);
    }
}

#[tokio::test]
async fn a_response_with_missing_or_invalid_vectors_is_an_error() {
    for body in [
        json!({ "object": "list", "data": [], "model": "m", "usage": {} }),
        json!({ "object": "list", "model": "m" }),
        answer(&[json!([])]),
        answer(&[json!("AAA")]),
        answer(&[json!({ "float": [1] })]),
        answer(&[json!([1]), json!([2])]),
    ] {
        let recorder = Recorder::json(body.clone()).await;
        let error = recorder.client().embed_batch(["a"]).send().await.unwrap_err();
        assert_eq!((error.error().kind(), error.error().operation()), (ErrorKind::Decode, Some("embed")), "{body}");
        assert_eq!(error.vectors(), [None]);
    }
}

#[tokio::test]
async fn a_batch_is_split_into_requests_and_keeps_its_order() {
    let (emulator, client) = emulated().await;
    let texts: Vec<String> = (0..100).map(|number| format!("text number {number}")).collect();
    let batch = client.embed_batch(texts.clone()).dimensions(128).send().await.unwrap();
    assert_eq!(batch.vectors().len(), 100);
    // 4 requests, and 3 tokens per text.
    assert_eq!((emulator.charges(), batch.usage().total_tokens), (4, 300));
    for index in [0, 31, 32, 99] {
        let alone = client.embed(texts[index].as_str()).dimensions(128).send().await.unwrap();
        assert_eq!(alone.vector(), batch.vectors()[index], "{index}");
    }
    // The same batch comes from the cache, without a charge.
    let charges = emulator.charges();
    assert_eq!(client.embed_batch(texts).dimensions(128).send().await.unwrap().vectors(), batch.vectors());
    assert_eq!(emulator.charges(), charges);
}

#[tokio::test]
async fn the_error_of_a_failed_batch_has_the_vectors_received_so_far() {
    let group = answer(&vec![json!([1.0]); 32]).to_string();
    let refusal = json!({ "status": 400, "success": false, "error": { "code": "BAD_REQUEST", "message": "too long" } });
    let mut steps = vec![Step::json(200, group.clone()), Step::json(400, refusal.to_string())];
    steps.extend(std::iter::repeat_n(Step::json(200, group), 20));
    let script = Script::play(steps).await;
    let client = Pollinations::builder().base_url(&script.url).key("sk_test".parse().unwrap());
    let client = client.retry(RetryPolicy::none()).build().unwrap();
    let texts: Vec<String> = (0..320).map(|number| number.to_string()).collect();
    let error = client.embed_batch(texts).send().await.unwrap_err();
    assert_eq!(error.error().status().map(|status| status.as_u16()), Some(400));
    let came = error.vectors().iter().flatten().count();
    // The requests in flight were completed, but not all of the others were started.
    assert!((96..320).contains(&came) && came % 32 == 0, "{came}");
    assert_eq!(error.usage().total_tokens, came as i64 / 32 * 3);
    assert!(error.to_string().ends_with(&format!(" ({came} of 320 vectors received)")), "{error}");
    for group in error.vectors().chunks(32) {
        assert!(group.iter().all(Option::is_some) || group.iter().all(Option::is_none));
    }
    let reason = error.error().to_string();
    assert!(reason.contains("too long"), "{reason}");
    assert_eq!(Error::from(error).to_string(), reason);
}

#[tokio::test]
async fn the_emulator_follows_the_dimensions_and_limits_of_each_embedding_model() {
    let (_emulator, client) = emulated().await;
    for (model, length) in [("google/gemini-embedding-2", 3072), ("openai/text-embedding-3-small", 1536)] {
        let embeddings = client.embed("a tulip").model(model).send().await.unwrap();
        assert_eq!((embeddings.vector().len(), embeddings.model()), (length, model));
    }
    let request = client.embed("a tulip").dimensions(256);
    let numbers = request.clone().send().await.unwrap();
    let encoded = request.encoding_format("base64").send().await.unwrap();
    assert_eq!(numbers.vector(), encoded.vector(), "numbers and base64 must be the same bits");
    let together = client.embed("a tulip").image(File::bytes(PNG)).dimensions(256).send().await.unwrap();
    assert_eq!(together.vectors().len(), 1);
    assert_ne!(together.vector(), numbers.vector());
    for request in [
        client.embed("a").model("openai/text-embedding-3-small").dimensions(2000),
        client.embed("a").dimensions(100),
        client.embed("  "),
        client.embed("a").field("input", json!(vec!["a"; 33])),
        client.embed("a").field("input", json!([])),
        client.embed("a").field("encoding_format", "hex"),
    ] {
        let shown = format!("{request:?}");
        assert_eq!(request.send().await.unwrap_err().status().map(|status| status.as_u16()), Some(400), "{shown}");
    }
}
