//! F41–F45: bytes of strangers, and a lot of them.
