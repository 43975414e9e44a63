//! Refusals to generate: out of credit (402), or a model that the key may not use (403).

use serde::{Deserialize, Serialize};

/// The site where a person can solve the problem.
const SITE: &str = "https://enter.pollinations.ai";

/// The reason why the service refuses to generate.
///
/// In JSON, it is the error code of the service, such as `"KEY_BUDGET_EXHAUSTED"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Refusal {
    /// 402 `PAYMENT_REQUIRED`: out of credit, without saying which.
    PaymentRequired,
    /// 402 `INSUFFICIENT_BALANCE`: the account has too little pollen. Topping up helps.
    InsufficientBalance,
    /// 402 `INSUFFICIENT_BALANCE` for an account that has only ever had quest pollen: the link leads to quests. In
    /// JSON, it is `"NO_QUEST_POLLEN"`.
    NoQuestPollen,
    /// 402 `KEY_BUDGET_EXHAUSTED`: the budget of the key is used up. Topping up the account does not help.
    KeyBudgetExhausted,
    /// 402 `QUEST_POLLEN_ONLY`: the model takes only paid pollen, and the account has only quest pollen.
    QuestPollenOnly,
    /// 403 `FORBIDDEN`: the key may not use the model.
    Forbidden,
}

impl Refusal {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::PaymentRequired => "PAYMENT_REQUIRED",
            Self::InsufficientBalance | Self::NoQuestPollen => "INSUFFICIENT_BALANCE",
            Self::KeyBudgetExhausted => "KEY_BUDGET_EXHAUSTED",
            Self::QuestPollenOnly => "QUEST_POLLEN_ONLY",
            Self::Forbidden => "FORBIDDEN",
        }
    }

    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::PaymentRequired => "Payment is required.",
            Self::InsufficientBalance | Self::NoQuestPollen => "The pollen balance is too low for this request.",
            Self::KeyBudgetExhausted => "API key budget exhausted.",
            Self::QuestPollenOnly => "This model takes paid pollen, and the account has only quest pollen.",
            Self::Forbidden => "The API key may not use this model.",
        }
    }

    /// The page where a person can solve the problem. Its parameter `ref` names the reason.
    pub(crate) fn fix_url(self) -> String {
        let (page, reference) = match self {
            Self::PaymentRequired | Self::InsufficientBalance => ("/pollen", "agent_low_balance_topup"),
            Self::NoQuestPollen => ("/quests", "agent_low_balance_quests"),
            Self::KeyBudgetExhausted => ("/keys", "agent_key_budget"),
            Self::QuestPollenOnly => ("/pollen", "agent_quest_pollen_only"),
            Self::Forbidden => ("/keys", "agent_grant"),
        };
        format!("{SITE}{page}?ref={reference}")
    }

    /// The text of the reply that is sent in place of the refusal.
    pub(crate) fn text(self) -> String {
        let advice = match self {
            Self::PaymentRequired | Self::InsufficientBalance | Self::QuestPollenOnly => "Top up to go on",
            Self::NoQuestPollen => "Earn more with a quest",
            Self::KeyBudgetExhausted => "Raise the budget of the key",
            Self::Forbidden => "Allow the model for this key",
        };
        format!("{} [{advice}]({}).", self.message(), self.fix_url())
    }

    /// The older `details.reason`, from before each reason had a code.
    pub(crate) fn reason(self) -> Option<&'static str> {
        match self {
            Self::KeyBudgetExhausted => Some("key_budget"),
            Self::Forbidden => None,
            _ => Some("account_balance"),
        }
    }
}

/// The form in which refusals are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Refusals {
    /// As the service does today: the text routes answer with status 200 and a reply of the assistant that says where
    /// to pay, unless the request asks for JSON or audio. All other routes answer with 402 or 403.
    #[default]
    Text,
    /// Always with 402 or 403, the error code and `fixUrl`.
    Status,
    /// As the service did until the summer of 2026: always with 402 or 403. Every 402 has the code `PAYMENT_REQUIRED`,
    /// and `details.reason` is `key_budget` or `account_balance`.
    Older,
}
