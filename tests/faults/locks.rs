//! F35–F40: two engines, sockets, clients.
