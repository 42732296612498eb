// ThreadSanitizer takes epoll_ctl() for a use of the descriptor that lasts until it returns, and so
// reports the thread that was given the connection and closes it meanwhile. The kernel holds the
// file until then.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "race:Server::State::watch\n"; }
