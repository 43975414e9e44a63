//! Bring Your Own Pollen, end to end against the emulator. An HTTP client plays the browser.

use std::time::Duration;

use pollinations_emulator::{App, Emulator, Fault, Key};
use pollinations_ext::{
    Error, ErrorKind, PaymentAnswer, PaymentPolicy, Pollinations, RetryPolicy,
    byop::{CodeFlow, DeviceFlow, FragmentFlow, OAuthError, Permission, Receiver, Server, SignIn, Verifier},
};
use reqwest::{Client, redirect::Policy};

const LIMIT: Duration = Duration::from_secs(20);

fn browser() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

/// Opens the consent page and submits the decision. Returns the URL to which the service redirects the browser.
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

/// Does what the script on the receiver's page does in a browser.
async fn follow_redirect(location: &str) -> String {
    let (address, fragment) = location.split_once('#').unwrap();
    let page = browser().get(address).send().await.unwrap();
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    assert!(page.text().await.unwrap().contains("history.replaceState"));
    let origin = address.strip_suffix("/callback").unwrap();
    let response = browser().post(address).header("origin", origin).body(fragment.to_owned()).send().await.unwrap();
    response.text().await.unwrap()
}

#[tokio::test]
async fn a_local_program_receives_a_key_and_uses_it() {
    let emulator = Emulator::start().await.unwrap();
    let receiver = Receiver::bind().await.unwrap();
    let authorization = FragmentFlow::new(receiver.redirect_url())
        .enter_url(emulator.base_url())
        .models(["flux"])
        .budget(1.0)
        .app_key("pk_app".parse().unwrap());
    let link = authorization.url().unwrap();
    let user = async {
        let location = decide(&link, "allow").await;
        assert_eq!(follow_redirect(&location).await, "granted");
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
async fn a_local_program_gets_a_denied_error_if_the_user_denies_access() {
    let emulator = Emulator::start().await.unwrap();
    let receiver = Receiver::bind().await.unwrap();
    let authorization = FragmentFlow::new(receiver.redirect_url()).enter_url(emulator.base_url()).oauth_names();
    let link = authorization.url().unwrap();
    let user = async {
        let location = decide(&link, "deny").await;
        assert_eq!(follow_redirect(&location).await, "denied");
    };
    let (key, ()) = tokio::join!(receiver.receive(&authorization, LIMIT), user);
    assert_eq!(key.unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn a_web_application_reads_the_key_from_the_redirect() {
    let emulator = Emulator::start().await.unwrap();
    let authorization = FragmentFlow::new("https://app.example/back?page=1").enter_url(emulator.base_url());
    let location = decide(&authorization.url().unwrap(), "allow").await;
    assert!(location.starts_with("https://app.example/back?page=1#api_key=sk_"), "{location}");
    assert!(authorization.key_from_redirect(&location).unwrap().is_secret());
    // The same redirect does not match another authorization.
    let other = FragmentFlow::new("https://app.example/back");
    assert_eq!(other.key_from_redirect(&location).unwrap_err().kind(), ErrorKind::StateMismatch);
    let location = decide(&authorization.url().unwrap(), "deny").await;
    assert_eq!(authorization.key_from_redirect(&location).unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn the_device_flow_waits_for_the_decision_of_the_user() {
    let emulator = Emulator::start().await.unwrap();
    for (decision, expected) in [("allow", None), ("deny", Some(ErrorKind::Denied))] {
        let flow = DeviceFlow::new("pk_app".parse().unwrap()).server(Server::at(emulator.base_url()));
        let code = flow.start().await.unwrap();
        let form = form_body(&[
            ("user_code".to_owned(), code.user_code().to_lowercase()),
            ("decision".to_owned(), decision.to_owned()),
        ]);
        let page = browser().get(code.verification_uri_complete().unwrap()).send().await.unwrap().text().await.unwrap();
        assert!(page.contains(code.user_code()));
        let address = code.verification_uri().to_owned();
        let user = async {
            // The device polls at least once before the user decides.
            tokio::time::sleep(Duration::from_millis(1300)).await;
            let kind = "application/x-www-form-urlencoded";
            let response = browser().post(address).header("content-type", kind).body(form).send().await.unwrap();
            assert!(response.status().is_success());
        };
        let (key, ()) = tokio::join!(code.wait(), user);
        assert_eq!(key.as_ref().err().map(pollinations_ext::Error::kind), expected);
    }
    let refused = DeviceFlow::new("sk_app".parse().unwrap()).server(Server::at(emulator.base_url())).start().await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidRequest);
}

/// An authorization code flow with the emulator as the server, found by discovery.
async fn flow(emulator: &Emulator) -> CodeFlow {
    let server = Server::discover(emulator.base_url()).await.unwrap();
    CodeFlow::new("pk_app".parse().unwrap(), "https://app.example/back?page=1").server(server)
}

fn oauth_error<T: std::fmt::Debug>(result: Result<T, Error>) -> Option<OAuthError> {
    result.unwrap_err().oauth_error()
}

#[tokio::test]
async fn a_web_application_exchanges_a_code_for_a_key_and_the_user_info() {
    let emulator = Emulator::start().await.unwrap();
    let flow = flow(&emulator).await.permissions([Permission::Profile, Permission::Usage]).models(["flux"]).expiry(3);
    let location = decide(&flow.url().unwrap(), "allow").await;
    assert!(location.starts_with("https://app.example/back?page=1&code=") && !location.contains("sk_"), "{location}");
    let grant = flow.finish(&location).await.unwrap();
    assert_eq!(grant.scopes(), ["profile", "usage"]);
    let left = grant.expires_at().unwrap().duration_since(std::time::SystemTime::now()).unwrap();
    assert!(left > Duration::from_secs(2 * 86_400) && left <= Duration::from_secs(3 * 86_400), "{left:?}");
    let user = Server::at(emulator.base_url()).user_info(grant.key()).await.unwrap();
    assert_eq!((user.sub.as_str(), user.email.as_deref()), ("user_emulated", Some("emma@example.com")));
    let users = Pollinations::builder().base_url(emulator.base_url()).key(grant.into_key()).build().unwrap();
    assert!(users.account().balance().await.is_ok());
    assert!(users.image("a cat").model("kontext").send().await.is_err(), "a model that was not granted");
    assert_eq!(
        flow.code_from_redirect(&decide(&flow.url().unwrap(), "deny").await).unwrap_err().kind(),
        ErrorKind::Denied
    );
}

#[tokio::test]
async fn a_local_program_signs_in_with_one_call() {
    let emulator = Emulator::builder().app(App::new("pk_app", ["http://127.0.0.1/callback"])).start().await.unwrap();
    for (decision, page) in [("allow", "Access granted"), ("deny", "Access denied")] {
        let (told, link) = tokio::sync::oneshot::channel();
        let sign_in = SignIn::new("pk_app".parse().unwrap())
            .server(Server::at(emulator.base_url()))
            .timeout(LIMIT)
            .open_browser(false)
            .show_link(|link| told.send(link.to_owned()).unwrap());
        let user = async {
            let location = decide(&link.await.unwrap(), decision).await;
            let answer = browser().get(&location).send().await.unwrap();
            let next = answer.headers()["location"].to_str().unwrap().to_owned();
            let next = reqwest::Url::parse(&location).unwrap().join(&next).unwrap();
            assert!(browser().get(next).send().await.unwrap().text().await.unwrap().contains(page));
        };
        let (grant, ()) = tokio::join!(sign_in.run(), user);
        match decision {
            "allow" => assert!(grant.unwrap().key().is_secret()),
            _ => assert_eq!(grant.unwrap_err().kind(), ErrorKind::Denied),
        }
    }
}

#[tokio::test]
async fn an_authorization_code_works_once_for_its_app_before_it_expires() {
    let emulator = Emulator::start().await.unwrap();
    let flow = flow(&emulator).await;
    let code = |location: String| flow.code_from_redirect(&location).unwrap();
    let link = flow.url().unwrap();

    let used = code(decide(&link, "allow").await);
    assert!(flow.exchange(&used).await.is_ok());
    assert_eq!(oauth_error(flow.exchange(&used).await), Some(OAuthError::InvalidGrant), "a replay");

    let stolen = code(decide(&link, "allow").await);
    let other = flow.clone().with_verifier(Verifier::new().unwrap());
    assert_eq!(oauth_error(other.exchange(&stolen).await), Some(OAuthError::InvalidGrant), "another verifier");

    let stolen = code(decide(&link, "allow").await);
    let other = |app: &str, address: &str| {
        let other = CodeFlow::new(app.parse().unwrap(), address).server(Server::at(emulator.base_url()));
        other.with_verifier(flow.verifier().unwrap().clone())
    };
    let another_app = other("pk_other", "https://app.example/back?page=1");
    assert_eq!(oauth_error(another_app.exchange(&stolen).await), Some(OAuthError::InvalidGrant), "another app");

    let stolen = code(decide(&link, "allow").await);
    let another_address = other("pk_app", "https://app.example/other");
    assert_eq!(oauth_error(another_address.exchange(&stolen).await), Some(OAuthError::InvalidGrant));

    let hasty = Emulator::builder().code_lifetime(Duration::from_millis(1)).start().await.unwrap();
    let flow = self::flow(&hasty).await;
    let late = flow.code_from_redirect(&decide(&flow.url().unwrap(), "allow").await).unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let error = flow.exchange(&late).await.unwrap_err();
    assert_eq!((error.kind(), error.oauth_error()), (ErrorKind::Api, Some(OAuthError::InvalidGrant)));
}

#[tokio::test]
async fn only_registered_redirect_urls_are_accepted() {
    let app = App::new("pk_app", ["https://app.example/back", "http://127.0.0.1/callback"]);
    let emulator = Emulator::builder().app(app).start().await.unwrap();
    for (app, address, status) in [
        ("pk_app", "https://app.example/back", 200),
        ("pk_app", "http://127.0.0.1:5123/callback", 200),
        ("pk_app", "https://app.example/back/", 400),
        ("pk_app", "https://app.example.evil.example/back", 400),
        ("pk_app", "https://app.example:8443/back", 400),
        ("pk_app", "http://127.0.0.1.evil.example/callback", 400),
        ("pk_other", "https://app.example/back", 400),
    ] {
        let flow = CodeFlow::new(app.parse().unwrap(), address).server(Server::at(emulator.base_url()));
        let answer = browser().get(flow.url().unwrap()).send().await.unwrap();
        assert_eq!(answer.status(), status, "{app} {address}");
    }
}

#[tokio::test]
async fn authorization_links_without_pkce_are_rejected() {
    let emulator = Emulator::start().await.unwrap();
    let link = flow(&emulator).await.url().unwrap();
    for (from, to, error) in [
        ("code_challenge_method=S256", "code_challenge_method=plain", "invalid_request"),
        ("&code_challenge=", "&other=", "invalid_request"),
        ("response_type=code", "response_type=id_token", "unsupported_response_type"),
        ("&state=", "&scope=everything&state=", "invalid_scope"),
    ] {
        let answer = browser().get(link.replace(from, to)).send().await.unwrap();
        let location = answer.headers()["location"].to_str().unwrap();
        assert!(location.contains(&format!("error={error}&state=")), "{location}");
    }
}

#[tokio::test]
async fn a_redirect_from_a_different_server_is_rejected() {
    let (ours, theirs) = (Emulator::start().await.unwrap(), Emulator::start().await.unwrap());
    let flow = flow(&ours).await;
    // The user was tricked into visiting another server, which returns a code with our `state`.
    let link = flow.url().unwrap().replace(ours.base_url(), theirs.base_url());
    let location = decide(&link, "allow").await;
    assert_eq!(flow.code_from_redirect(&location).unwrap_err().kind(), ErrorKind::StateMismatch);
    let without_issuer = location.split("&iss=").next().unwrap();
    assert_eq!(flow.code_from_redirect(without_issuer).unwrap_err().kind(), ErrorKind::StateMismatch);
    // Another host name of the same server: the issuer does not match.
    let alias = ours.base_url().replace("127.0.0.1", "localhost");
    assert_eq!(Server::discover(alias).await.unwrap_err().kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn an_expired_key_is_reported_and_can_be_replaced_by_signing_in_again() {
    let emulator =
        Emulator::builder().key(Key::new("sk_old").expires_in(0.0)).key(Key::new("sk_new")).start().await.unwrap();
    let builder = || Pollinations::builder().base_url(emulator.base_url()).key("sk_old".parse().unwrap());
    let error = builder().build().unwrap().chat("openai").user("Hi").send().await.unwrap_err();
    assert!(error.is_signed_out() && error.attempts() == 1, "{error:?}");
    let server = Server::at(emulator.base_url());
    assert!(server.user_info(&"sk_old".parse().unwrap()).await.unwrap_err().is_signed_out());

    let client = builder()
        .retry(RetryPolicy::default().payment(PaymentPolicy::Ask))
        .on_payment_required(|required| async move {
            assert!(required.is_signed_out());
            PaymentAnswer::Key("sk_new".parse().unwrap())
        })
        .build()
        .unwrap();
    assert!(client.chat("openai").user("Hi").send().await.unwrap().text().contains("Hi"));
}

#[tokio::test]
async fn the_device_flow_falls_back_to_the_older_url_if_there_is_no_token_endpoint() {
    let refused = r#"{"error":"unsupported_grant_type"}"#;
    for fault in [Fault::status(404).html(), Fault::status(400).body(refused).content_type("application/json")] {
        let emulator = Emulator::builder().fault(fault.path("/api/oauth/token").always()).start().await.unwrap();
        let flow = DeviceFlow::new("pk_app".parse().unwrap()).server(Server::at(emulator.base_url()));
        let code = flow.permissions([Permission::Usage]).start().await.unwrap();
        let form = [("user_code", code.user_code()), ("decision", "allow")];
        let form = form_body(&form.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let page = browser().post(code.verification_uri()).header("content-type", "application/x-www-form-urlencoded");
        assert!(page.body(form).send().await.unwrap().status().is_success());
        assert!(code.wait().await.unwrap().allows(Permission::Usage));
        let asked: Vec<String> = emulator.journal().into_iter().map(|entry| entry.path).collect();
        assert_eq!(asked[2..], ["/api/oauth/token", "/api/device/token"]);
    }
}
