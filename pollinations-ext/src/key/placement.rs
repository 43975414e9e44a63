//! Where requests carry the API key.

/// Where a request carries its API key.
///
/// # Examples
///
/// ```
/// use pollinations_ext::KeyPlacement;
///
/// assert_eq!(KeyPlacement::default(), KeyPlacement::Header);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyPlacement {
    /// In the header `Authorization: Bearer`.
    #[default]
    Header,
    /// In the query, as `?key=`. Servers and proxies along the way may log it, and your own HTTP client may pass it
    /// on in a `Referer` header.
    Query,
}
