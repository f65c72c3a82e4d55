//! Phones: SIP edge, registrar, calls, phone media.
