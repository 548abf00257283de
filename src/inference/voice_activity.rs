//! *voice activity*: how likely it is that somebody speaks, 31 times a second. Silero's detector.
//!
//! Graph: `input` f32 `[1, 576]` (the last 64 samples of the frame before, then 512 new ones), `state` f32 `[2, 1, width]`
//! and, where declared, `sr` i64 scalar -> `output` f32 `[1, 1]`, `stateN`, the state of the next frame. Without the 64
//! samples it hears no speech at all.

use std::path::Path;

use super::graph::{Feeds, Graph};
use super::runtime::{Device, Hardware};
use super::{Control, InferenceError, Model, VoiceRequest, Voiced};

/// Samples of the frame before.
const CONTEXT: usize = 64;
/// Samples a second.
const RATE: i64 = 16_000;
/// Width of the state where the graph does not say it.
const WIDTH: usize = 128;
/// Frames between two checkpoints: four seconds of sound.
const BREATH: usize = 128;

/// The detector.
pub struct VoiceActivity {
    graph: Graph,
    width: usize,
}

/// Opens `model.onnx` of a folder. It runs on one thread of the processor: a frame is less work than it would be to share it.
///
/// # Errors
/// [`InferenceError::File`] for a graph that is missing or broken, [`InferenceError::Shape`] for one of another family.
pub fn load(folder: &Path, hardware: &Hardware) -> Result<VoiceActivity, InferenceError> {
    let hardware = Hardware { threads: 1, device: Device::Cpu, ..hardware.clone() };
    let graph = Graph::open(&folder.join("model.onnx"), &hardware)?;
    graph.require(&["input", "state"], &["output", "stateN"])?;
    let declared = graph.input_shape("state").and_then(|shape| usize::try_from(*shape.last()?).ok());
    Ok(VoiceActivity { graph, width: declared.filter(|width| *width > 0).unwrap_or(WIDTH) })
}

impl VoiceActivity {
    /// Probability and next state of a frame with its context.
    fn frame(&mut self, samples: &[f32], state: Vec<f32>) -> Result<(f32, Vec<f32>), InferenceError> {
        let mut feeds: Feeds<'_> = vec![
            ("input".into(), self.graph.real("input", &[1, samples.len()], samples.to_vec())?),
            ("state".into(), self.graph.real("state", &[2, 1, self.width], state)?),
        ];
        if self.graph.has_input("sr") {
            feeds.push(("sr".into(), self.graph.whole("sr", &[], vec![RATE])?));
        }
        let name = self.graph.name().to_owned();
        let outputs = self.graph.run(feeds)?;
        let (shape, output) = Graph::floats(&outputs, &name, "output")?;
        let (_, state) = Graph::floats(&outputs, &name, "stateN")?;
        match output.as_slice() {
            [probability] if state.len() == 2 * self.width => Ok((*probability, state)),
            _ => {
                let reason = format!("output has the shape {shape:?}, stateN {} numbers", state.len());
                Err(InferenceError::Shape { graph: name, reason })
            }
        }
    }
}

impl Model for VoiceActivity {
    type Input = VoiceRequest;
    type Output = Voiced;
    type Progress = ();

    fn run(&mut self, input: VoiceRequest, ctl: &Control<()>) -> Result<Voiced, InferenceError> {
        let (mut voiced, mut state) = (Voiced::default(), vec![0.0; 2 * self.width]);
        let mut frame = [0.0; CONTEXT + Voiced::FRAME];
        for (number, piece) in input.samples.chunks(Voiced::FRAME).enumerate() {
            if number % BREATH == 0 {
                ctl.checkpoint()?;
            }
            frame.copy_within(Voiced::FRAME.., 0);
            let silence = std::iter::repeat(&0.0);
            frame
                .iter_mut()
                .skip(CONTEXT)
                .zip(piece.iter().chain(silence))
                .for_each(|(to, sample)| *to = *sample);
            let (probability, next) = self.frame(&frame, state)?;
            voiced.probabilities.push(probability);
            state = next;
        }
        Ok(voiced)
    }
}
