//! How far bytes are on their way.

use std::{fmt, sync::Arc};

/// How far a download or an upload is.
///
/// # Examples
///
/// ```
/// # fn example(progress: pollinations_ext::Progress) {
/// match progress.total {
///     Some(total) => println!("{} of {total} bytes", progress.transferred),
///     None => println!("{} bytes", progress.transferred),
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes that have come, or gone.
    pub transferred: u64,
    /// Bytes that there are, where that is known.
    pub total: Option<u64>,
}

impl fmt::Display for Progress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.total {
            Some(total) => write!(formatter, "{} of {total} bytes", self.transferred),
            None => write!(formatter, "{} bytes", self.transferred),
        }
    }
}

/// Somebody who wants to know.
#[derive(Clone)]
pub(crate) struct Report(Arc<dyn Fn(Progress) + Send + Sync>);

impl Report {
    pub(crate) fn new(report: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(report))
    }

    pub(crate) fn tell(&self, transferred: u64, total: Option<u64>) {
        (self.0)(Progress { transferred, total });
    }
}
