//! Progress of downloads and uploads.

use std::{fmt, sync::Arc};

/// The progress of a download or an upload.
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
    /// Bytes received or sent so far.
    pub transferred: u64,
    /// All bytes, if the total is known.
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

/// The callback that receives the progress.
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
