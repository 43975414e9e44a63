//! Links in headers (RFC 8288).

use http::{HeaderMap, header::LINK};

/// The target of the first link with this relation, such as `enclosure`.
pub(crate) fn link<'a>(headers: &'a HeaderMap, relation: &str) -> Option<&'a str> {
    let values = headers.get_all(LINK).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(links).find(|(_, parameters)| has_relation(parameters, relation)).map(|(target, _)| target)
}

/// The targets in a header (section 3), each with its parameters as text.
fn links(value: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = value;
    std::iter::from_fn(move || {
        let (target, after) = rest.split_once('<')?.1.split_once('>')?;
        let end = end_of_link(after);
        let (parameters, next) = after.split_at(end);
        rest = next;
        Some((target.trim(), parameters))
    })
}

/// Where the parameters of a link end: at the first comma outside quotation marks.
fn end_of_link(text: &str) -> usize {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b',' if !is_quoted => return at,
            _ => {}
        }
    }
    text.len()
}

/// Whether `rel` contains this relation. It may list several, in any case (section 3.3).
fn has_relation(parameters: &str, relation: &str) -> bool {
    parameters.split(';').filter_map(|parameter| parameter.split_once('=')).any(|(name, value)| {
        let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
        name.trim().eq_ignore_ascii_case("rel") && relations.any(|found| found.eq_ignore_ascii_case(relation))
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn enclosure(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(LINK, HeaderValue::from_str(value).unwrap());
        }
        link(&headers, "enclosure").map(str::to_owned)
    }

    #[test]
    fn the_link_with_the_relation_is_found() {
        const URL: &str = "https://media.pollinations.ai/abc?a=1,2;3";
        for values in [
            &[&*format!("<{URL}>; rel=\"enclosure\"")][..],
            &[&format!("<{URL}>;rel=enclosure")],
            &[&format!("< {URL} > ; REL = \"Enclosure\" ; type=\"image/png\"")],
            &[&format!("<https://other>; rel=next, <{URL}>; rel=\"alternate enclosure\"")],
            &["<https://other>; rel=next; title=\"a, \\\"b\\\", c\"", &format!("<{URL}>; rel=enclosure")],
        ] {
            assert_eq!(enclosure(values).as_deref(), Some(URL), "{values:?}");
        }
    }

    #[test]
    fn other_and_malformed_links_are_ignored() {
        for value in ["", "<", "<https://a", "<https://a>", "<https://a>; rel=next", "enclosure", "<https://a>; rel"] {
            assert_eq!(enclosure(&[value]), None, "{value}");
        }
        assert_eq!(enclosure(&[]), None);
    }
}
