//! F32–F34: records that are torn, damaged or half written.
