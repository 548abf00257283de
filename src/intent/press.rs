//! Buttons: what stands under a reply of ours, pressed. Each is an earlier request once more, changed as the button says.

use super::kit::{Ask, Kit, PainterFacts};
use super::options::Wishes;
use super::{answer, draw, say, theirs};
use crate::message::{Commission, DrawingId, Failure, MessageId, Outcome, Phrase, Press, Which};

/// What a pressed button comes to. Rows of other chats are none of its business.
///
/// # Errors
/// What the person can mend, a model that fails, or a database that does.
pub async fn pressed(press: Press, ask: &Ask, kit: &Kit) -> Result<Outcome, Failure> {
    match press {
        Press::Cancel(drawing) => Ok(Outcome::Cancel(Which::Under(drawing))),
        Press::Again(drawing) => {
            let order = ordered(drawing, ask, kit).await?;
            again(Commission { seed: ask.seed, ..order }, ask, kit).await
        }
        Press::Same(drawing) => again(ordered(drawing, ask, kit).await?, ask, kit).await,
        Press::Shape(drawing) => {
            let order = ordered(drawing, ask, kit).await?;
            let size = kit.painter.as_ref().and_then(|facts| next_shape(order.size, facts));
            let Some(size) = size else { return Ok(say(Phrase::new("one-shape"))) };
            again(Commission { size: Some(size), ..order }, ask, kit).await
        }
        Press::Answer(message) => answer::again(&said(message, ask, kit).await?, ask, kit).await,
        Press::Draw(message) => {
            let args = said(message, ask, kit).await?;
            draw::instead(&Ask { args, ..ask.clone() }, kit).await
        }
    }
}

async fn ordered(drawing: DrawingId, ask: &Ask, kit: &Kit) -> Result<Commission, Failure> {
    kit.reader.ordered(&ask.address, drawing).await?.ok_or_else(|| theirs(Phrase::new("button-gone")))
}

async fn said(message: MessageId, ask: &Ask, kit: &Kit) -> Result<String, Failure> {
    kit.reader.said(&ask.address, message).await?.ok_or_else(|| theirs(Phrase::new("button-gone")))
}

/// The model may be another one since: it is asked again whether it draws that.
async fn again(order: Commission, ask: &Ask, kit: &Kit) -> Result<Outcome, Failure> {
    let Commission { subject, negative, seed, size, steps, as_file, request, intent, .. } = order;
    let wishes = Wishes { rest: String::new(), no: negative, seed: Some(seed), size, steps, as_file };
    let order = draw::commission(subject, wishes, ask, kit).await?;
    Ok(Outcome::Draw(Commission { request, intent, ..order }))
}

/// After a square an upright picture, then a lying one, then the square again; `None` when the model has one shape only.
fn next_shape(size: Option<(u32, u32)>, facts: &PainterFacts) -> Option<(u32, u32)> {
    let (width, height) = size.unwrap_or(facts.size);
    let (least, most) = facts.side;
    let grain = facts.multiple.max(1);
    let square = facts.size.0.min(facts.size.1);
    let long = (square * 3 / 2 / grain * grain).min(most / grain * grain);
    let short = (square * 3 / 4).max(least).div_ceil(grain) * grain;
    // A model that goes no further up goes down instead.
    let (short, long) = if long > square { (square, long) } else { (short, square) };
    if short >= long {
        return None;
    }
    Some(match width.cmp(&height) {
        std::cmp::Ordering::Equal => (short, long),
        std::cmp::Ordering::Less => (long, short),
        std::cmp::Ordering::Greater => (square, square),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_go_round() {
        let facts = |side, multiple, own| PainterFacts {
            side,
            multiple,
            size: (own, own),
            ..PainterFacts::default()
        };
        let large = facts((64, 1024), 8, 512);
        let mut size = None;
        let mut seen = Vec::new();
        for _ in 0..4 {
            size = next_shape(size, &large);
            seen.push(size.unwrap());
        }
        assert_eq!(seen, [(512, 768), (768, 512), (512, 512), (512, 768)]);
        assert_eq!(
            next_shape(None, &facts((64, 512), 8, 512)),
            Some((384, 512)),
            "none goes beyond the largest side"
        );
        assert_eq!(next_shape(None, &facts((128, 128), 8, 128)), None);
    }
}
