//! Rooms: who is in, what may they do; speaks the LiveKit client protocol.
