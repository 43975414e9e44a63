//! Images in user turns.

use pollinations_api::types::{
    MessageBase64Source, MessageBlock, MessageImageBlock, MessageRole, MessageTextBlock, MessageTurn,
    MessageTurnContent, MessageUrlSource,
};

use crate::base::{error::Error, file::File};

/// An image to read when the request is sent, and the position of its block.
#[derive(Clone, Debug)]
pub(super) struct Image {
    file: File,
    turn: usize,
    block: usize,
}

impl Image {
    /// Adds an empty block for an image.
    pub(super) fn add(file: File, turns: &mut Vec<MessageTurn>) -> Self {
        let source = MessageBase64Source::new("", "");
        let (turn, block) = add_block(turns, MessageImageBlock::new(source).into());
        Self { file, turn, block }
    }

    /// Reads the file into its block.
    pub(super) async fn load_into(&self, turns: &mut [MessageTurn]) -> Result<(), Error> {
        let loaded = self.file.load(None).await?;
        let kind = loaded.image_type()?;
        let block = match turns.get_mut(self.turn).map(|turn| &mut turn.content) {
            Some(MessageTurnContent::Blocks(blocks)) => blocks.get_mut(self.block),
            _ => None,
        };
        match block {
            Some(MessageBlock::Image(image)) => {
                image.source = MessageBase64Source::new(loaded.base64(), kind).into();
                Ok(())
            }
            _ => Err(Error::request("the turn that the image was attached to has been removed; attach the image last")),
        }
    }
}

/// A block for an image at a URL.
pub(super) fn at(url: String) -> MessageBlock {
    MessageImageBlock::new(MessageUrlSource::new(url)).into()
}

/// Adds a block to the last turn if it is a user turn, otherwise to a new user turn. Returns the index of the turn
/// and the index of the block in it.
pub(super) fn add_block(turns: &mut Vec<MessageTurn>, block: MessageBlock) -> (usize, usize) {
    if turns.last().is_none_or(|turn| turn.role != MessageRole::User) {
        turns.push(MessageTurn::new(MessageTurnContent::Blocks(Vec::new()), MessageRole::User));
    }
    let turn = turns.len().saturating_sub(1);
    let Some(MessageTurn { content, .. }) = turns.last_mut() else { return (turn, 0) };
    if let MessageTurnContent::Text(text) = content {
        *content = MessageTurnContent::Blocks(vec![MessageTextBlock::new(std::mem::take(text)).into()]);
    }
    let MessageTurnContent::Blocks(blocks) = content else { return (turn, 0) };
    blocks.push(block);
    (turn, blocks.len().saturating_sub(1))
}
