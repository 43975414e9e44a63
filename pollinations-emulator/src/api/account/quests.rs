//! Quests and their rewards.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::get};
use serde_json::{Value, json};

use super::shared::Shared;
use crate::{base::clock, gate::Caller, state};

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new()
        .route("/quests/catalog", get(catalog))
        .route("/account/quests", get(quests))
        .route("/account/quests/rewards", get(rewards))
}

/// A quest. The reward is in pollen.
struct Quest {
    id: &'static str,
    title: &'static str,
    description: &'static str,
    category: &'static str,
    reward: f64,
    /// How the emulator knows that it is done.
    sign: Sign,
}

/// How the emulator knows that a quest is done.
enum Sign {
    /// It is done from the start.
    Joined,
    /// There is a charge of this kind.
    Charge(&'static str),
    /// The account has created a key.
    Key,
    /// The account has created an agent.
    Agent,
    /// It cannot be done yet.
    Soon,
}

const QUESTS: &[Quest] = &[
    Quest {
        id: "join",
        title: "Join",
        description: "Create an account.",
        category: "setup",
        reward: 1.0,
        sign: Sign::Joined,
    },
    Quest {
        id: "first-key",
        title: "First key",
        description: "Create an API key.",
        category: "setup",
        reward: 1.0,
        sign: Sign::Key,
    },
    Quest {
        id: "first-image",
        title: "First image",
        description: "Generate an image.",
        category: "build",
        reward: 0.5,
        sign: Sign::Charge("generate.image"),
    },
    Quest {
        id: "first-chat",
        title: "First chat",
        description: "Generate a text.",
        category: "build",
        reward: 0.5,
        sign: Sign::Charge("generate.text"),
    },
    Quest {
        id: "first-agent",
        title: "First agent",
        description: "Create an agent.",
        category: "community",
        reward: 2.0,
        sign: Sign::Agent,
    },
    Quest {
        id: "hackathon",
        title: "Hackathon",
        description: "Take part in the next hackathon.",
        category: "contribute",
        reward: 10.0,
        sign: Sign::Soon,
    },
];

impl Quest {
    /// When it was done; `None` if it was not.
    fn done(&self, state: &state::State) -> Option<String> {
        match self.sign {
            Sign::Joined => Some("2026-01-01T00:00:00.000Z".to_owned()),
            Sign::Charge(kind) => {
                let first = state.ledger.first(kind)?;
                Some(format!("{}.000Z", first.timestamp.replace(' ', "T")))
            }
            Sign::Key => state.keys.first_created().and_then(clock::iso_of),
            Sign::Agent => Some(state.account.agents.list().first()?["createdAt"].as_str()?.to_owned()),
            Sign::Soon => None,
        }
    }

    fn url(&self) -> String {
        format!("https://enter.pollinations.ai/quests#{}", self.id)
    }

    fn shown(&self) -> Value {
        let state = if matches!(self.sign, Sign::Soon) { "coming_soon" } else { "available" };
        json!({
            "id": self.id,
            "title": self.title,
            "description": self.description,
            "category": self.category,
            "state": state,
            "rewardAmount": self.reward,
            "balanceBucket": "tier",
            "url": self.url(),
        })
    }

    fn reward(&self, earned_at: &str) -> Value {
        // Users claim rewards on the web site. The one for joining counts as claimed.
        let claimed_at = matches!(self.sign, Sign::Joined).then_some(earned_at);
        json!({
            "id": format!("reward_{}", self.id),
            "questId": self.id,
            "title": self.title,
            "pollenAmount": self.reward,
            "balanceBucket": "tier",
            "earnedAt": earned_at,
            "claimedAt": claimed_at,
        })
    }
}

async fn catalog() -> Json<Value> {
    Json(json!({ "quests": QUESTS.iter().map(Quest::shown).collect::<Vec<_>>() }))
}

async fn quests(_: Caller, State(state): Shared) -> Json<Value> {
    let quests = QUESTS.iter().map(|quest| {
        let done = quest.done(&state);
        let mut shown = quest.shown();
        shown["status"] = match (&done, &quest.sign) {
            (Some(_), _) => json!("completed"),
            (None, Sign::Soon) => json!("coming_soon"),
            (None, _) => json!("open"),
        };
        shown["reward"] = done.map_or(Value::Null, |earned_at| quest.reward(&earned_at));
        shown
    });
    Json(json!({ "quests": quests.collect::<Vec<_>>() }))
}

async fn rewards(_: Caller, State(state): Shared) -> Json<Value> {
    let earned = QUESTS.iter().filter_map(|quest| {
        let earned_at = quest.done(&state)?;
        let mut reward = quest.reward(&earned_at);
        reward["url"] = json!(quest.url());
        Some((earned_at, reward))
    });
    let mut earned: Vec<(String, Value)> = earned.collect();
    earned.sort_by(|(one, _), (other, _)| other.cmp(one));
    Json(json!({ "rewards": earned.into_iter().map(|(_, reward)| reward).collect::<Vec<_>>() }))
}
