//! F13–F23: identities, trees, signals, memory.
