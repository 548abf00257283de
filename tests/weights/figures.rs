//! Figures as they are printed, each with its threshold; those on the wrong side are named at the end.

use std::fmt::Display;

/// The figures of one model.
pub(crate) struct Figures {
    model: &'static str,
    missed: Vec<String>,
}

impl Figures {
    pub(crate) fn of(model: &'static str) -> Self {
        println!("\n{model}");
        Self { model, missed: Vec::new() }
    }

    /// So many of so many, held to a share in per cent; a group without members is a mistake of the test.
    pub(crate) fn share(&mut self, what: &str, right: usize, of: usize, least: f64) {
        assert!(of > 0, "{what}: nothing was measured");
        let share = percent(right, of);
        self.line(what, &format!("{right} of {of} ({share:.1} %), at least {least:.0} %"), share >= least);
    }

    /// A number that may not be larger.
    pub(crate) fn most<N: Display + PartialOrd>(&mut self, what: &str, number: N, most: N) {
        let fits = number <= most;
        self.line(what, &format!("{number}, at most {most}"), fits);
    }

    /// A word that must be another word.
    pub(crate) fn word(&mut self, what: &str, got: &str, wanted: &str) {
        self.line(what, &format!("{got}, must be {wanted}"), got == wanted);
    }

    /// Told, not held to anything.
    pub(crate) fn told(&self, what: &str, text: impl Display) {
        println!("  {what}: {text}");
    }

    /// Fails when a figure missed its threshold.
    pub(crate) fn judge(self) {
        assert!(
            self.missed.is_empty(),
            "{} misses its threshold:\n  {}",
            self.model,
            self.missed.join("\n  ")
        );
    }

    fn line(&mut self, what: &str, text: &str, fits: bool) {
        println!("  {} {what}: {text}", if fits { "ok  " } else { "MISS" });
        if !fits {
            self.missed.push(format!("{what}: {text}"));
        }
    }
}

pub(crate) fn percent(right: usize, of: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of phrases")]
    let share = 100.0 * right as f64 / of as f64;
    share
}

#[test]
#[should_panic(expected = "intents: 9 of 10 (90.0 %), at least 95 %")]
fn a_figure_below_its_threshold_is_named() {
    let mut figures = Figures::of("pocket");
    figures.share("subjects", 10, 10, 85.0);
    figures.share("intents", 9, 10, 95.0);
    figures.most("levels", 2, 2);
    figures.word("colour of an apple", "red", "red");
    figures.judge();
}
