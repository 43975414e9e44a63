//! Why the service rejects a request for now: payment and rate limits.

use std::fmt;

/// What is used up, after status 402 (out of credit): see [`Error::payment`](crate::Error::payment).
///
/// # Examples
///
/// ```
/// use http::{HeaderMap, StatusCode};
/// use pollinations_ext::{Error, PaymentKind};
///
/// let body = br#"{"error":{"code":"KEY_BUDGET_EXHAUSTED","message":"API key budget exhausted."}}"#;
/// let error = Error::from_response(StatusCode::PAYMENT_REQUIRED, &HeaderMap::new(), body);
/// assert_eq!(error.payment(), Some(PaymentKind::KeyBudget));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PaymentKind {
    /// The account has too little pollen. Topping up helps, and so does the daily reset, for accounts that have one.
    Balance,
    /// The budget of the API key is used up. Topping up the account does not help: raise the budget, or use another
    /// key.
    KeyBudget,
    /// The model only accepts paid pollen, and the account only has quest pollen. Buy pollen or use another model;
    /// the daily reset does not help.
    QuestPollen,
    /// The service does not say.
    Unspecified,
}

impl PaymentKind {
    /// Determines the kind from the service's error code, the `reason` in the details of older servers, and the URL
    /// of the page that helps. `None` if none of these is known.
    pub(crate) fn read(code: Option<&str>, reason: Option<&str>, fix_url: Option<&str>) -> Option<Self> {
        let by_code = match code {
            Some("KEY_BUDGET_EXHAUSTED") => Some(Self::KeyBudget),
            Some("INSUFFICIENT_BALANCE") => Some(Self::Balance),
            Some("QUEST_POLLEN_ONLY") => Some(Self::QuestPollen),
            _ => None,
        };
        let by_reason = || match reason {
            Some("key_budget") => Some(Self::KeyBudget),
            Some("account_balance") => Some(Self::Balance),
            _ => None,
        };
        let by_address = || {
            let (_, query) = fix_url?.split_once('?')?;
            Self::of_reference(query.split(['&', '#']).find_map(|pair| pair.strip_prefix("ref="))?)
        };
        by_code.or_else(by_reason).or_else(by_address)
    }

    /// Determines the kind from the parameter `ref` of that URL.
    pub(crate) fn of_reference(reference: &str) -> Option<Self> {
        match reference {
            "agent_low_balance_topup" | "agent_low_balance_quests" => Some(Self::Balance),
            "agent_key_budget" => Some(Self::KeyBudget),
            _ if reference.starts_with("agent_quest_pollen_only") => Some(Self::QuestPollen),
            _ => None,
        }
    }

    /// The service's error code for this kind.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Balance => "INSUFFICIENT_BALANCE",
            Self::KeyBudget => "KEY_BUDGET_EXHAUSTED",
            Self::QuestPollen => "QUEST_POLLEN_ONLY",
            Self::Unspecified => "PAYMENT_REQUIRED",
        }
    }

    /// Whether the daily reset of the account can help.
    pub(crate) fn is_renewed(self) -> bool {
        matches!(self, Self::Balance | Self::Unspecified)
    }
}

impl fmt::Display for PaymentKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Balance => "the account has too little pollen",
            Self::KeyBudget => "the budget of the API key is used up",
            Self::QuestPollen => "the model does not accept quest pollen",
            Self::Unspecified => "payment is required",
        })
    }
}

/// Which rate limit was hit (status 429): see [`Error::rate_limit`](crate::Error::rate_limit).
///
/// # Examples
///
/// ```
/// use http::{HeaderMap, StatusCode};
/// use pollinations_ext::{Error, RateLimit};
///
/// let body = br#"{"error":"Rate limit exceeded","message":"One request every 15 s","retryAfterSeconds":15}"#;
/// let error = Error::from_response(StatusCode::TOO_MANY_REQUESTS, &HeaderMap::new(), body);
/// assert_eq!(error.rate_limit(), Some(RateLimit::Key));
/// assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(15)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RateLimit {
    /// The limit of a publishable key (`pk_`). The service says how long to wait. Secret keys have no such limit.
    Key,
    /// The limit for all requests from one IP address, about 100 in 10 seconds. It applies whichever key you use.
    Address,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_takes_precedence_over_the_reason_and_the_reason_over_the_link() {
        let topup = Some("https://enter.pollinations.ai/pollen?a=1&ref=agent_low_balance_topup#buy");
        for (code, reason, link, kind) in [
            (Some("KEY_BUDGET_EXHAUSTED"), Some("account_balance"), topup, Some(PaymentKind::KeyBudget)),
            (Some("PAYMENT_REQUIRED"), Some("key_budget"), topup, Some(PaymentKind::KeyBudget)),
            (Some("PAYMENT_REQUIRED"), Some("new"), topup, Some(PaymentKind::Balance)),
            (None, None, Some("https://h/?ref=agent_quest_pollen_only_video"), Some(PaymentKind::QuestPollen)),
            (None, None, Some("https://h/?reference=agent_key_budget"), None),
            (Some("PAYMENT_REQUIRED"), None, None, None),
        ] {
            assert_eq!(PaymentKind::read(code, reason, link), kind, "{code:?} {reason:?} {link:?}");
        }
    }
}
