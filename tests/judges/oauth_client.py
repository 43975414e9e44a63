"""Signs a user in at the emulator with Authlib, a third-party OAuth client, using only discovery.

Plain HTTP requests play the user, who visits the page and presses a button.
"""

import os
import sys
from urllib.parse import parse_qs, parse_qsl, urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url

# The emulator has no certificate.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

issuer = sys.argv[1]
redirect = "http://127.0.0.1:9/callback"

found = requests.get(get_well_known_url(issuer, external=True, suffix="oauth-authorization-server"), timeout=10).json()
assert found["issuer"] == issuer, found
AuthorizationServerMetadata(found).validate()


def session():
    return OAuth2Session(
        client_id="pk_app", redirect_uri=redirect, scope="profile usage", code_challenge_method="S256",
        token_endpoint_auth_method="none",
    )


def visit(link, decision="allow"):
    """Returns the URL to which the browser is redirected after the user's decision."""
    page = requests.get(link, timeout=10)
    assert page.ok and "value=allow" in page.text, page.text
    form = dict(parse_qsl(urlsplit(link).query), decision=decision)
    answer = requests.post(found["authorization_endpoint"], data=form, allow_redirects=False, timeout=10)
    assert answer.status_code in (302, 303), answer.text
    return answer.headers["location"]


verifier = "v" * 64
client = session()
link, state = client.create_authorization_url(found["authorization_endpoint"], code_verifier=verifier)
location = visit(link)
assert parse_qs(urlsplit(location).query)["iss"] == [issuer], location
token = client.fetch_token(
    found["token_endpoint"], authorization_response=location, state=state, code_verifier=verifier
)
assert token["access_token"].startswith("sk_") and token["expires_in"] > 0, "no key"
assert token["scope"] == "profile usage", token["scope"]
user = client.get(found["userinfo_endpoint"], timeout=10).json()
assert user["sub"] and user["email"], user

refused = 0
for decision, wrong in [("allow", {"code_verifier": "w" * 64}), ("allow", {"state": "another"}), ("deny", {})]:
    client = session()
    link, state = client.create_authorization_url(found["authorization_endpoint"], code_verifier=verifier)
    arguments = {"state": state, "code_verifier": verifier, **wrong}
    try:
        client.fetch_token(found["token_endpoint"], authorization_response=visit(link, decision), **arguments)
    except AuthlibBaseError:
        refused += 1
try:
    session().fetch_token(found["token_endpoint"], authorization_response=location, code_verifier=verifier)
except AuthlibBaseError as error:
    assert error.error == "invalid_grant", error
    refused += 1
assert refused == 4, refused

print(f"Authlib: signed in as {user['preferred_username']}, refused {refused} times")
