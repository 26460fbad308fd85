//! Whoever started the agent.

/// Whoever started the agent and looks after it: a service manager, or nobody in particular.
pub trait Manager {
    /// The agent keeps its plans from now on, or again after a reload.
    fn ready(&self);

    /// The agent goes on. Called several times a second between rounds and never within one: a round that hangs is silence.
    fn alive(&self);

    /// What the agent does, in a line for people.
    fn says(&self, line: &str);

    /// Whether somebody wants settings and mappings looked at now.
    fn wants_reload(&self) -> bool;

    /// The agent does so; it is [`ready`](Self::ready) afterwards.
    fn reloading(&self);

    /// The agent ends, as it was asked to.
    fn stopping(&self);

    /// Why the agent could not begin, with the exit code that it ends with. There may be no log yet.
    fn complain(&self, code: u8, why: &str);
}

/// Nobody: a terminal, or a scheduler that only begins things.
#[derive(Clone, Copy, Debug)]
pub struct Nobody;

impl Manager for Nobody {
    fn ready(&self) {}
    fn alive(&self) {}
    fn says(&self, _: &str) {}
    fn wants_reload(&self) -> bool {
        false
    }
    fn reloading(&self) {}
    fn stopping(&self) {}
    fn complain(&self, _: u8, _: &str) {}
}
