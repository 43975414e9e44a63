//! Where requests carry the key.

/// How a request shows its key.
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
    /// In the query, as `?key=`. Servers and proxies on the way may log it, and an HTTP client of your own may send it
    /// on in a `Referer` header.
    Query,
}
