//! Images in the format of OpenAI's API, edits and 3D objects: the requests, the results, and what they cost.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use image::{ImageFormat, Rgba, RgbaImage};
use pollinations_emulator::{Emulator, Fault};
use pollinations_ext::{ErrorKind, File, Pollinations, RetryPolicy};
use pollinations_tests::Recorder;
use serde_json::{Value, json};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A prompt with characters that must be escaped in a URL.
const PROMPT: &str = "50% off / \"new\"?\n#1 a\\b 🌸";

const CAT: &str = "https://example.com/cat.png";

fn answer() -> Value {
    json!({
        "created": 1_770_000_000,
        "data": [{ "b64_json": BASE64_STANDARD.encode(PNG), "revised_prompt": "a grey cat" }],
        "usage": {
            "input_tokens": 3, "output_tokens": 4, "total_tokens": 7,
            "input_tokens_details": { "text_tokens": 2, "image_tokens": 1 },
        },
    })
}

fn client(emulator: &Emulator) -> Pollinations {
    let policy = RetryPolicy::default().base_delay(Duration::from_millis(1));
    Pollinations::builder().base_url(emulator.base_url()).key("sk_test".parse().unwrap()).retry(policy).build().unwrap()
}

fn png(image: &RgbaImage) -> File {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).unwrap();
    File::bytes(bytes.into_inner()).name("image.png")
}

#[tokio::test]
async fn requests_for_images_with_and_without_settings() {
    let recorder = Recorder::json(answer()).await;
    let client = recorder.client();
    let images = client.images("a cat").send().await.unwrap();
    let image = images.first();
    assert_eq!((images.len(), images.created(), images.usage().total_tokens), (1, 1_770_000_000, 7));
    assert_eq!((image.revised_prompt(), image.content_type()), (Some("a grey cat"), Some("image/png")));
    assert_eq!(image.bytes().await.unwrap(), PNG);
    let every = client
        .images(PROMPT)
        .model("gptimage")
        .size(1024, 768)
        .quality("high")
        .resolution("2k")
        .response_format("url")
        .safe(true)
        .seed(-1)
        .transparent(true)
        .end_user("user-42")
        .reference_image(CAT)
        .reference_image("https://example.com/dog.png")
        .no_cache(true)
        .field("guidance_scale", 3.5)
        .n(1);
    every.send_raw().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn n_images_are_requested_with_the_settings_of_the_single_image() {
    let recorder = Recorder::json(answer()).await;
    let request = recorder
        .client()
        .image(PROMPT)
        .model("flux")
        .size(64, 48)
        .seed(41)
        .quality("hd")
        .safety_checks("secrets")
        .transparent(true)
        .negative_prompt("dogs")
        .reference_image(CAT)
        .no_cache(true)
        .n(2);
    let images = request.send().await.unwrap();
    assert_eq!(
        (images.len(), images.usage().total_tokens, images.usage().input_tokens_details.text_tokens),
        (2, 14, 4)
    );
    let mut sent = recorder.take();
    // The requests run at the same time, and may arrive in any order.
    sent.sort_by_key(ToString::to_string);
    insta::assert_snapshot!(sent.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
}

#[tokio::test]
async fn requests_for_edits_as_json_and_as_a_form() {
    let recorder = Recorder::json(answer()).await;
    let client = recorder.client();
    client.edit("at night", [CAT]).send().await.unwrap();
    let several = client.edit(PROMPT, [CAT, "https://example.com/dog.png"]).mask("https://example.com/mask.png");
    several.model("kontext").size(64, 48).seed(7).transparent(false).safe(false).send().await.unwrap();
    client.edit("at night", [File::bytes(PNG).name("cat.png")]).send().await.unwrap();
    let mixed = client.edit(PROMPT, [File::bytes(PNG).name("cat.png")]).image(CAT).mask(File::bytes(PNG).name("m.png"));
    let mixed = mixed.model("kontext").size(64, 48).quality("low").resolution("1k").response_format("url");
    let mixed = mixed.safety_checks("secrets").seed(7).field("n", 1).field("style", "vivid");
    mixed.no_cache(true).send_raw().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn requests_for_3d_objects_with_get_and_post() {
    let recorder = Recorder::answering("model/gltf-binary", "glTF").await;
    let client = recorder.client();
    let object = client.three_d("a chair").send().await.unwrap();
    assert_eq!(object.content_type(), Some("model/gltf-binary"));
    let every = client
        .three_d(PROMPT)
        .model("nvidia/asset-harvester")
        .resolution("high")
        .seed(7)
        .safe(true)
        .image(CAT)
        .image("https://example.com/dog.png");
    drop(every.clone().send().await.unwrap());
    drop(every.send_post().await.unwrap());
    drop(client.three_d("a chair").send_post().await.unwrap());
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn invalid_arguments_are_rejected_before_the_request_is_sent() {
    let recorder = Recorder::json(answer()).await;
    let client = recorder.client();
    let nothing: [&str; 0] = [];
    for (error, says) in [
        (client.images("").send().await.unwrap_err(), "the prompt is empty"),
        (client.images("a cat").n(0).send().await.unwrap_err(), "`n` is 0; it must be 1 to 10"),
        (client.image("a cat").n(11).send().await.unwrap_err(), "`n` is 11; it must be 1 to 10"),
        (client.images("a cat").n(2).send_raw().await.unwrap_err(), "several images need several requests"),
        (client.edit("", [CAT]).send().await.unwrap_err(), "the prompt is empty"),
        (client.edit("at night", nothing).send().await.unwrap_err(), "there is no image to edit"),
        (client.three_d("").send().await.unwrap_err(), "the prompt is empty"),
        (client.three_d("..").image_file(File::bytes(PNG)).send_post().await.unwrap_err(), "a prompt of only dots"),
        (client.three_d("a chair").image_file(File::bytes(PNG)).url_without_key().unwrap_err(), "a file has no URL"),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
        assert!(error.to_string().contains(says) && error.operation().is_some(), "{says}: {error}");
    }
    let missing = client.edit("at night", [File::path("/no/such/file.png")]).send().await.unwrap_err();
    assert_eq!((missing.kind(), missing.operation()), (ErrorKind::Io, Some("edit_image")), "{missing}");
    assert_eq!(recorder.take().len(), 0);
}

#[test]
fn request_futures_can_be_spawned_on_other_tasks() {
    fn spawnable<T: Send + 'static>(_: T) {}
    let client = Pollinations::builder().without_key().build().unwrap();
    spawnable(client.images("a cat").n(2).send());
    spawnable(client.edit("at night", [File::bytes(PNG)]).send());
    spawnable(client.three_d("a chair").image_file(File::bytes(PNG)).send_post());
    spawnable(async move { client.images("a cat").send().await?.first().save("cat.jpg").await });
}

#[tokio::test]
async fn images_are_decoded_from_every_form_of_base64() {
    let base64 = BASE64_STANDARD.encode(PNG);
    let unpadded = base64.trim_end_matches('=').to_owned();
    let lines = format!("{}\n{}", &base64[..4], &base64[4..]);
    for text in [format!("data:image/png;base64,{base64}"), unpadded, lines, base64] {
        let recorder = Recorder::json(json!({ "data": [{ "b64_json": text }] })).await;
        let images = recorder.client().images("a cat").send().await.unwrap();
        assert_eq!(images.first().bytes().await.unwrap(), PNG, "{text}");
        assert_eq!(images.usage().total_tokens, 0);
    }
    for (data, kind) in [
        (json!([]), ErrorKind::Decode),
        (json!([{}]), ErrorKind::Decode),
        (json!([{ "b64_json": "%" }]), ErrorKind::Decode),
        // The client does not fetch this URL, because it is not on the media host.
        (json!([{ "url": "http://127.0.0.1:1/abc" }]), ErrorKind::InvalidRequest),
    ] {
        let recorder = Recorder::json(json!({ "data": data })).await;
        let error = match recorder.client().images("a cat").send().await {
            Ok(images) => images.first().bytes().await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!((error.kind(), error.operation()), (kind, Some("create_image")), "{data}: {error}");
        assert_eq!(recorder.take().len(), 1);
    }
}

#[tokio::test]
async fn every_result_has_a_public_url_that_needs_no_key() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(&emulator);
    let anonymous = Pollinations::builder().base_url(emulator.base_url()).without_key().build().unwrap();
    let stored = async |url: &str| anonymous.media().fetch(url).await.unwrap().bytes().await.unwrap();

    let image = client.image("a cat").size(16, 16).send().await.unwrap();
    let url = image.public_url().unwrap().to_owned();
    assert_eq!(stored(&url).await, image.bytes().await.unwrap());
    let object = client.three_d("a chair").model("hyper3d/rodin-2.5").send().await.unwrap();
    let url = object.public_url().unwrap().to_owned();
    assert_eq!(stored(&url).await, object.bytes().await.unwrap());

    for format in ["b64_json", "url"] {
        let images = client.images("a cat").n(2).size(16, 16).response_format(format).send().await.unwrap();
        assert_eq!((images.len(), images.model()), (2, Some("black-forest-labs/flux.1-schnell")));
        let mut seen = Vec::new();
        for image in &images {
            let bytes = image.bytes().await.unwrap();
            assert_eq!(bytes, stored(image.url().unwrap()).await, "{format}");
            assert_eq!(image::load_from_memory(&bytes).unwrap().width(), 16);
            assert_eq!(image.revised_prompt(), Some("a cat"));
            seen.push(bytes);
        }
        assert_ne!(seen[0], seen[1], "the two images must differ");
    }
}

#[tokio::test]
async fn an_image_is_saved_to_a_file() {
    let emulator = Emulator::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cat.jpg");
    let images = client(&emulator).images("a cat").size(16, 16).send().await.unwrap();
    let written = images.first().save(&path).await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), images.first().bytes().await.unwrap());
    assert_eq!(written, path.metadata().unwrap().len());
    let error = images.first().save(folder.path().join("no/such/folder/cat.jpg")).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Io, Some("create_image")));
}

#[tokio::test]
async fn an_edit_changes_only_the_transparent_part_of_the_mask() {
    let emulator = Emulator::start().await.unwrap();
    let white = RgbaImage::from_pixel(8, 4, Rgba([255; 4]));
    let mask = RgbaImage::from_fn(8, 4, |x, _| Rgba([0, 0, 0, if x < 4 { 0 } else { 255 }]));
    let images = client(&emulator).edit("at night", [png(&white)]).mask(png(&mask)).send().await.unwrap();
    let edited = image::load_from_memory(&images.first().bytes().await.unwrap()).unwrap().to_rgba8();
    assert_eq!(edited.dimensions(), (8, 4));
    assert!(edited.enumerate_pixels().all(|(x, _, pixel)| (*pixel == Rgba([255; 4])) == (x >= 4)));
}

#[tokio::test]
async fn an_edit_accepts_the_url_of_an_earlier_image_and_rejects_invalid_sources() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(&emulator);
    let first = client.images("a cat").size(16, 8).send().await.unwrap();
    let edited = client.edit("at night", [first.first().url().unwrap()]).send().await.unwrap();
    let image = image::load_from_memory(&edited.first().bytes().await.unwrap()).unwrap();
    assert_eq!((image.width(), image.height()), (16, 8));

    let gone = format!("{}/0000000000000000", emulator.base_url());
    for (source, code) in [
        (&*gone, "failed_to_download_image"),
        ("cat.png", "invalid_image_url"),
        ("data:image/png;base64,%", "invalid_image_url"),
        ("data:text/plain;base64,aGVsbG8=", "unsupported_image_media_type"),
    ] {
        let error = client.edit("at night", [source]).send().await.unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(400), "{source}: {error}");
        assert_eq!(error.code().unwrap().to_string(), code, "{source}");
    }
    let text = client.edit("at night", [File::bytes(&b"hello"[..])]).send().await.unwrap_err();
    assert_eq!(text.code().unwrap().to_string(), "unsupported_image_media_type");
}

#[tokio::test]
async fn a_3d_model_that_needs_an_image_rejects_a_prompt_without_one() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(&emulator);
    let error = client.three_d("a chair").send().await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(400), "{error}");
    let photo = client.image("a chair").size(16, 16).send().await.unwrap().bytes().await.unwrap();
    let splats = client.three_d("a chair").model("nvidia/asset-harvester").image_file(File::bytes(photo));
    let splats = splats.send_post().await.unwrap();
    assert_eq!(splats.content_type(), Some("application/x-ply"));
    assert!(splats.bytes().await.unwrap().starts_with(b"ply\nformat binary_little_endian 1.0\n"));
}

#[tokio::test]
async fn a_lost_response_is_charged_only_once() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(&emulator);
    for (operation, fault) in [
        ("create_image", Fault::lost()),
        ("create_image", Fault::cloudflare(524).carried_out()),
        ("edit_image", Fault::lost()),
        ("generate_3d", Fault::status(504).carried_out()),
        ("generate_3d_post", Fault::lost()),
    ] {
        emulator.inject(fault.clone().operation(operation));
        let before = emulator.charges();
        let prompt = format!("{operation} {}", before);
        let object = client.three_d(&prompt).model("hyper3d/rodin-2.5");
        match operation {
            "create_image" => drop(client.images(prompt).size(16, 16).send().await.unwrap()),
            "edit_image" => {
                let white = png(&RgbaImage::from_pixel(8, 4, Rgba([255; 4])));
                drop(client.edit(prompt, [white]).send().await.unwrap());
            }
            "generate_3d" => drop(object.send().await.unwrap()),
            _ => drop(object.send_post().await.unwrap()),
        }
        assert_eq!(emulator.charges(), before + 1, "{operation} {fault:?}");
    }
}

#[tokio::test]
async fn n_images_are_charged_once_each_even_if_one_fails_first() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(&emulator);
    emulator.inject(Fault::status(400).operation("create_image"));
    let images = || client.images("a cat").n(3).size(16, 16);
    assert_eq!(images().send().await.unwrap_err().status().map(|status| status.as_u16()), Some(400));
    assert_eq!(images().send().await.unwrap().len(), 3);
    assert_eq!(emulator.charges(), 3);
    // Without the cache, each image is generated and charged again.
    assert_eq!(images().no_cache(true).send().await.unwrap().len(), 3);
    assert_eq!(emulator.charges(), 6);
}

#[tokio::test]
async fn the_emulator_rejects_n_of_2_and_unknown_qualities() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(&emulator);
    for refused in [
        client.images("a cat").field("n", 2).send().await,
        client.edit("at night", [CAT]).field("n", 2).send().await,
        client.edit("at night", [File::bytes(PNG)]).field("n", 2).send().await,
        client.edit("at night", [File::bytes(PNG)]).quality("best").send().await,
        client.edit("at night", [CAT]).quality("best").send().await,
    ] {
        assert_eq!(refused.unwrap_err().status().map(|status| status.as_u16()), Some(400));
    }
    assert_eq!(emulator.charges(), 0);
}
