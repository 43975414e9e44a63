//! Listings of models, their status and statistics.

use pollinations_ext::{
    ModelInfoExt,
    types::{ModelCapability, ModelSource},
};

use super::*;

pub(super) fn all() -> Vec<Probe> {
    vec![
        probe!(Free, Answer, "list_all_models", "models of every kind", |context| {
            context.any_client()?.models().all().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "list_video_models", "video models", |context| {
            context.any_client()?.models().video().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "list_embedding_models", "embedding models", |context| {
            context.any_client()?.models().embeddings().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "list_3d_models", "3D models", |context| {
            context.any_client()?.models().three_d().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Content, "list_all_models", "filtered models", |context| {
            let models = context.any_client()?.models().all().source(ModelSource::Official).agent(false);
            let found = models
                .capabilities([ModelCapability::ToolCalling])
                .search("openai")
                .limit(2)
                .await
                .map_err(error_text)?;
            require(!found.is_empty() && found.len() <= 2, "the list is empty or longer than the limit")?;
            let fits = found.iter().all(|model| {
                model.supports(ModelCapability::ToolCalling)
                    && model.community != Some(true)
                    && model.agent != Some(true)
            });
            require(fits, "the list has a model that does not match the filters")
        }),
        probe!(Free, Refusal, "list_all_models", "limit that is too high", |context| {
            expect_status(context.any_client()?.models().all().limit(501).await.map(drop), 400)
        }),
        probe!(Free, Answer, "get_model", "model by an alias", |context| {
            let model = context.any_client()?.models().get("openai").await.map_err(error_text)?;
            require(model.has_name("openai") && model.id.contains('/'), "it is another model, or has no full id")
        }),
        probe!(Free, Refusal, "get_model", "model that does not exist", |context| {
            expect_status(context.any_client()?.models().get("no-such-publisher/no-such-model").await.map(drop), 404)
        }),
        probe!(Free, Answer, "model_status", "model reliability", |context| {
            let report = context.any_client()?.models().status().minutes(24 * 60).await.map_err(error_text)?;
            require(report.rows().next().is_some(), "the report has no rows")
        }),
        probe!(Free, Answer, "model_stats", "model usage", |context| {
            context.any_client()?.models().stats().await.map(drop).map_err(error_text)
        }),
    ]
}
