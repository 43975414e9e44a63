//! Bring Your Own Pollen, end to end against the emulator, with a browser played by an HTTP client.

use std::time::Duration;

use pollinations_emulator::Emulator;
use pollinations_ext::{
    ErrorKind, Pollinations,
    byop::{Authorization, DeviceFlow, Receiver},
};
use reqwest::{Client, redirect::Policy};

const LIMIT: Duration = Duration::from_secs(20);

fn browser() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

/// Visits the page that asks, and presses a button. Returns where the service sends the browser.
async fn decide(link: &str, decision: &str) -> String {
    let page = browser().get(link).send().await.unwrap().error_for_status().unwrap().text().await.unwrap();
    assert!(page.contains("value=allow>Allow") && page.contains("value=deny>Deny"), "{page}");
    let link = reqwest::Url::parse(link).unwrap();
    let mut form: Vec<(String, String)> = link.query_pairs().into_owned().collect();
    form.push(("decision".to_owned(), decision.to_owned()));
    let body = form_body(&form);
    let action = link.join("/authorize").unwrap();
    let kind = "application/x-www-form-urlencoded";
    let response = browser().post(action).header("content-type", kind).body(body).send().await.unwrap();
    assert_eq!(response.status(), 303);
    response.headers()["location"].to_str().unwrap().to_owned()
}

fn form_body(form: &[(String, String)]) -> String {
    let mut url = reqwest::Url::parse("http://form/").unwrap();
    url.query_pairs_mut().extend_pairs(form);
    url.query().unwrap().to_owned()
}

/// What the receiver's page does in a browser.
async fn come_back(location: &str) -> String {
    let (address, fragment) = location.split_once('#').unwrap();
    let page = browser().get(address).send().await.unwrap();
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    assert!(page.text().await.unwrap().contains("history.replaceState"));
    let origin = address.strip_suffix("/callback").unwrap();
    let response = browser().post(address).header("origin", origin).body(fragment.to_owned()).send().await.unwrap();
    response.text().await.unwrap()
}

#[tokio::test]
async fn a_key_comes_to_a_program_on_this_machine_and_is_spent() {
    let emulator = Emulator::start().await.unwrap();
    let receiver = Receiver::bind().await.unwrap();
    let authorization = Authorization::new(receiver.redirect_url())
        .enter_url(emulator.base_url())
        .models(["flux"])
        .budget(1.0)
        .app_key("pk_app".parse().unwrap());
    let link = authorization.url().unwrap();
    let user = async {
        let location = decide(&link, "allow").await;
        assert_eq!(come_back(&location).await, "granted");
    };
    let (key, ()) = tokio::join!(receiver.receive(&authorization, LIMIT), user);
    let users = Pollinations::builder().base_url(emulator.base_url()).key(key.unwrap()).build().unwrap();
    assert!(users.key_status().await.unwrap().valid);
    let error = users.image("a cat").model("kontext").send().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 403);
    assert_eq!(
        users.image("a cat").model("flux").size(16, 16).send().await.unwrap().content_type(),
        Some("image/jpeg")
    );
}

#[tokio::test]
async fn a_user_who_says_no() {
    let emulator = Emulator::start().await.unwrap();
    let receiver = Receiver::bind().await.unwrap();
    let authorization = Authorization::new(receiver.redirect_url()).enter_url(emulator.base_url()).oauth_names();
    let link = authorization.url().unwrap();
    let user = async {
        let location = decide(&link, "deny").await;
        assert_eq!(come_back(&location).await, "denied");
    };
    let (key, ()) = tokio::join!(receiver.receive(&authorization, LIMIT), user);
    assert_eq!(key.unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn a_web_application_takes_the_way_back_itself() {
    let emulator = Emulator::start().await.unwrap();
    let authorization = Authorization::new("https://app.example/back?page=1").enter_url(emulator.base_url());
    let location = decide(&authorization.url().unwrap(), "allow").await;
    assert!(location.starts_with("https://app.example/back?page=1#api_key=sk_"), "{location}");
    assert!(authorization.accept(&location).unwrap().is_secret());
    // The same answer to another question.
    let other = Authorization::new("https://app.example/back");
    assert_eq!(other.accept(&location).unwrap_err().kind(), ErrorKind::State);
    let location = decide(&authorization.url().unwrap(), "deny").await;
    assert_eq!(authorization.accept(&location).unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn a_device_without_a_browser() {
    let emulator = Emulator::start().await.unwrap();
    for (decision, expected) in [("allow", None), ("deny", Some(ErrorKind::Denied))] {
        let flow = DeviceFlow::new("pk_app".parse().unwrap()).enter_url(emulator.base_url());
        let code = flow.start().await.unwrap();
        let form = form_body(&[
            ("user_code".to_owned(), code.user_code().to_lowercase()),
            ("decision".to_owned(), decision.to_owned()),
        ]);
        let page = browser().get(code.verification_uri_complete().unwrap()).send().await.unwrap().text().await.unwrap();
        assert!(page.contains(code.user_code()));
        let address = code.verification_uri().to_owned();
        let user = async {
            // Not before the first question.
            tokio::time::sleep(Duration::from_millis(1300)).await;
            let kind = "application/x-www-form-urlencoded";
            let response = browser().post(address).header("content-type", kind).body(form).send().await.unwrap();
            assert!(response.status().is_success());
        };
        let (key, ()) = tokio::join!(code.wait(), user);
        assert_eq!(key.as_ref().err().map(pollinations_ext::Error::kind), expected);
    }
    let refused = DeviceFlow::new("sk_app".parse().unwrap()).enter_url(emulator.base_url()).start().await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Request);
}
