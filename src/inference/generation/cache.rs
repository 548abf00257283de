//! Keys and values that a decoder has already computed, handed from one run to the next.
//!
//! Serves decoder-only and encoder-decoder exports, merged ones (`use_cache_branch` chooses the branch) and split ones
//! (one graph without a past for the first step, one with it). [`Layout`] says which tensors they are; they stay the
//! runtime's own values and are passed on without being copied. In: outputs of a run. Out: inputs for the next. It never
//! knows what the tokens mean.
//!
//! Shapes: `[batch, heads, length, width]`; only batch (the sequences that are followed at once) and length may be dynamic.
//! Keys and values of what an encoder said come from the decoder's first run, or from the encoder itself where it has
//! outputs of their names; with a batch of 1 for good, they serve all sequences.

use std::borrow::Cow;

use ort::session::{SessionInputValue, SessionOutputs};
use ort::value::{DynValue, IntoTensorElementType, PrimitiveTensorElementType, Tensor, TensorElementType};

use super::layout::{BRANCH, Layout, Slot};

/// The tensors themselves, for one sequence or several of the same length.
#[derive(Debug)]
pub struct Cache {
    layout: Layout,
    values: Vec<DynValue>,
    length: usize,
    rows: usize,
    /// The encoder gave its keys and values.
    given: bool,
}

impl Cache {
    /// An empty cache. The runtime must be loaded.
    ///
    /// # Errors
    /// When the runtime refuses to make a tensor.
    pub fn new(layout: Layout) -> ort::Result<Self> {
        let mut cache = Self { layout, values: Vec::new(), length: 0, rows: 1, given: false };
        cache.clear()?;
        Ok(cache)
    }

    /// Tokens it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether it holds nothing yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether the graph keeps a cache at all.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        !self.layout.is_empty()
    }

    /// Sequences it holds.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Whether a run over several tokens is sure to be right after others: one graph that also takes the first ones, and
    /// is not told which branch to take, has to see from its inputs what came before.
    #[must_use]
    pub const fn is_general(&self) -> bool {
        !self.layout.branch
    }

    /// Forgets everything: zero-length tensors, as the first step takes them.
    ///
    /// # Errors
    /// When the runtime refuses to make a tensor.
    pub fn clear(&mut self) -> ort::Result<()> {
        self.values = self.layout.slots.iter().map(Slot::nothing).collect::<ort::Result<_>>()?;
        (self.length, self.rows, self.given) = (0, 1, false);
        Ok(())
    }

    /// Forgets the tokens and goes back to one sequence; what the encoder gave itself stays.
    ///
    /// # Errors
    /// A sentence, when the runtime refuses to make a tensor.
    pub fn restart(&mut self) -> Result<(), String> {
        let refused = |error: ort::Error| error.to_string();
        if !self.given {
            return self.clear().map_err(refused);
        }
        self.choose(&[0])?;
        for (slot, value) in self.layout.slots.iter().zip(&mut self.values) {
            if !slot.cross {
                *value = slot.nothing().map_err(refused)?;
            }
        }
        self.length = 0;
        Ok(())
    }

    /// Takes keys and values from an encoder's outputs; whether it had them all.
    pub fn give(&mut self, outputs: &mut SessionOutputs<'_>) -> bool {
        let mut cross =
            self.layout.slots.iter().zip(&mut self.values).filter(|(slot, _)| slot.cross).peekable();
        self.given = cross.peek().is_some();
        for (slot, value) in cross {
            match outputs.remove(&slot.present) {
                Some(computed) => *value = computed,
                None => self.given = false,
            }
        }
        self.given
    }

    /// Goes on with these sequences, some perhaps several times, some no more. This copies, unless nothing changes; what
    /// one encoded text gave is the same in every row, and is copied only when their number changes.
    ///
    /// # Errors
    /// A sentence, when a tensor cannot be copied.
    pub fn choose(&mut self, rows: &[usize]) -> Result<(), String> {
        if rows.iter().copied().eq(0..self.rows) {
            return Ok(());
        }
        let as_many = rows.len() == self.rows;
        for (slot, value) in self.layout.slots.iter().zip(&mut self.values) {
            if !(slot.shared || slot.cross && as_many) {
                let copy = match slot.element {
                    TensorElementType::Float32 => chosen::<f32>(value, rows),
                    TensorElementType::Float16 => chosen::<half::f16>(value, rows),
                    TensorElementType::Bfloat16 => chosen::<half::bf16>(value, rows),
                    _ => None,
                };
                *value = copy.ok_or_else(|| format!("{} cannot be copied", slot.past))?;
            }
        }
        self.rows = rows.len();
        Ok(())
    }

    /// Adds the cache's inputs for the next run, as views.
    ///
    /// # Errors
    /// When the runtime refuses to make a tensor.
    pub fn feed<'a>(&'a self, inputs: &mut Vec<(Cow<'a, str>, SessionInputValue<'a>)>) -> ort::Result<()> {
        for (slot, value) in self.layout.slots.iter().zip(&self.values) {
            inputs.push((Cow::Borrowed(&slot.past), value.into()));
        }
        if self.layout.branch {
            let continues = Tensor::from_array(([1_usize], vec![!self.is_empty()]))?;
            inputs.push((Cow::Borrowed(BRANCH), continues.into()));
        }
        Ok(())
    }

    /// Takes what a run over `tokens` more tokens computed.
    ///
    /// The cross-attention tensors of the first step are kept for good: later ones are dummies in a merged export and
    /// absent in a split one.
    ///
    /// # Errors
    /// The name of an output that is not there.
    pub fn absorb(&mut self, outputs: &mut SessionOutputs<'_>, tokens: usize) -> Result<(), String> {
        for (slot, value) in self.layout.slots.iter().zip(&mut self.values) {
            if slot.cross && (self.length > 0 || self.given) {
                continue;
            }
            *value = outputs.remove(&slot.present).ok_or_else(|| format!("no output {}", slot.present))?;
        }
        self.length += tokens;
        Ok(())
    }

    /// Shortens it to its first `length` tokens. This copies; where it cannot (tensors on a device), all is forgotten.
    ///
    /// # Errors
    /// When the runtime refuses to make a tensor.
    pub fn shorten(&mut self, length: usize) -> ort::Result<()> {
        if length >= self.length {
            return Ok(());
        }
        let mut shorter = Vec::with_capacity(self.values.len());
        for (slot, value) in self.layout.slots.iter().zip(&self.values) {
            let copy = match slot.element {
                TensorElementType::Float32 if !slot.cross => head::<f32>(value, slot.axis, length),
                TensorElementType::Float16 if !slot.cross => head::<half::f16>(value, slot.axis, length),
                TensorElementType::Bfloat16 if !slot.cross => head::<half::bf16>(value, slot.axis, length),
                _ => None,
            };
            match copy {
                Some(copy) => shorter.push(copy),
                None => return self.clear(),
            }
        }
        self.values = shorter;
        self.length = length;
        Ok(())
    }
}

/// The given entries of the first axis.
fn chosen<T>(value: &DynValue, rows: &[usize]) -> Option<DynValue>
where
    T: PrimitiveTensorElementType + IntoTensorElementType + Copy + std::fmt::Debug + 'static,
{
    let (shape, data) = value.try_extract_tensor::<T>().ok()?;
    let mut dims = shape.to_vec();
    let row = usize::try_from(dims.iter().skip(1).product::<i64>()).ok()?;
    let mut copy: Vec<T> = Vec::with_capacity(row * rows.len());
    for place in rows {
        copy.extend_from_slice(data.get(place * row..(place + 1) * row)?);
    }
    *dims.first_mut()? = i64::try_from(rows.len()).ok()?;
    Some(Tensor::from_array((dims, copy)).ok()?.into_dyn())
}

/// The first `length` entries along `axis`.
fn head<T>(value: &DynValue, axis: usize, length: usize) -> Option<DynValue>
where
    T: PrimitiveTensorElementType + IntoTensorElementType + Copy + std::fmt::Debug + 'static,
{
    let (shape, data) = value.try_extract_tensor::<T>().ok()?;
    let mut dims = shape.to_vec();
    let row: i64 = dims.iter().skip(axis).product();
    let kept: i64 = i64::try_from(length).ok()? * dims.iter().skip(axis + 1).product::<i64>();
    let (row, kept) = (usize::try_from(row).ok()?.max(1), usize::try_from(kept).ok()?);
    let copy: Vec<T> = data.chunks(row).flat_map(|row| row.iter().take(kept).copied()).collect();
    *dims.get_mut(axis)? = i64::try_from(length).ok()?;
    Some(Tensor::from_array((dims, copy)).ok()?.into_dyn())
}
