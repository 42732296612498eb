// Asks one HTTPS server the same question again and again for some seconds, with a client
// certificate and a new connection each time, and prints how many answers a second came. Full
// handshakes, or resumed ones.
//
//     checkin_load HOST PORT CA CERTIFICATE KEY PATH BODY-FILE SECONDS new|resumed

#include "tests/bench/load_connection.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

using namespace perennial::bench;

namespace {

Session latest; // what the server gave us last

int rememberSession(SSL*, SSL_SESSION* session)
{
    latest.reset(session);
    return 1; // ours now
}

std::string contentOf(const char* path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 10) fail("HOST PORT CA CERTIFICATE KEY PATH BODY-FILE SECONDS new|resumed");
    const Server server{argv[1], std::atoi(argv[2]), argv[3], argv[4], argv[5]};
    const auto context = makeContext(server);
    const bool resume = std::string(argv[9]) == "resumed";
    SSL_CTX_set_session_cache_mode(
        context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context.get(), rememberSession);
    const auto request = requestText(argv[6], "application/json", contentOf(argv[7]), false);
    // True when the handshake was a resumed one.
    const auto ask = [&] {
        LoadConnection connection(server, context.get(), resume ? latest.get() : nullptr);
        connection.ask(request);
        return connection.resumed();
    };

    ask(); // warm-up, and the first session
    const auto begun = std::chrono::steady_clock::now();
    const auto limit = std::chrono::seconds(std::atoi(argv[8]));
    long answers = 0;
    long resumed = 0;
    while (std::chrono::steady_clock::now() - begun < limit) {
        resumed += ask() ? 1 : 0;
        ++answers;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    std::printf("%.1f %.3f\n", static_cast<double>(answers) / took.count(),
        answers == 0 ? 0.0 : static_cast<double>(resumed) / static_cast<double>(answers));
    return 0;
}
