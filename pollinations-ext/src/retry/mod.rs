//! When a request is sent again, and after how long.

mod after;
mod budget;
mod failure;
mod observer;
mod payment;
mod policy;
mod run;

pub(crate) use after::retry_after;
pub(crate) use budget::Bucket;
pub use budget::RetryBudget;
pub(crate) use failure::Failure;
pub use observer::Attempt;
pub(crate) use observer::Observer;
pub(crate) use payment::{Ask, Payment};
pub use payment::{PaymentAnswer, PaymentPolicy, PaymentRequired};
pub use policy::RetryPolicy;
pub(crate) use run::{Exchange, Limits, run};
