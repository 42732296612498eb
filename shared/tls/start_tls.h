#pragma once

#include "shared/base/result.h"

#include <string>
#include <string_view>

namespace perennial::tls {

// How TLS begins on a connection: at once, or after the server was asked for it in its own
// language.
//   ""            at once
//   "smtp"        RFC 3207
//   "imap"        RFC 9051 6.2.1
//   "pop3"        RFC 2595 4
//   "postgresql"  SSLRequest of its frontend/backend protocol 3
//   "ldap"        RFC 4511 4.14
//   "mysql"       SSLRequest of MySQL's client/server protocol 10, which MariaDB speaks too
bool isStartTls(const std::string& protocol);

// Whether a server holds it against its caller that nothing follows the handshake. One of MySQL's
// protocol counts that by the caller's address, and after max_connect_errors of them (100) lets
// nobody in from there; the loopback addresses it does not count.
bool countsLooks(const std::string& protocol, const std::string& host);

// The words that are exchanged before TLS, without the connection: what to send, and what the
// answers mean. A server's words are foreign: they are bounded, never believed beyond the one
// answer, and forgotten when TLS begins.
class StartTls {
public:
    explicit StartTls(const std::string& protocol); // one that isStartTls() knows

    std::string takeOutput(); // what is to be sent now, before TLS begins too; often nothing
    // What the server said. Unavailable: it refuses, or says what nobody may say here. That
    // includes words behind the permission, which somebody could have slipped in before TLS
    // protects them.
    Status hear(std::string_view bytes);
    bool granted() const { return stage_ == Stage::Granted; } // TLS begins with the next byte

private:
    enum class Stage { Greeting, Capabilities, Permission, Granted };

    Status hearLine(std::string_view line);
    Status hearSmtp(std::string_view line);
    Status hearImap(std::string_view line);
    Status hearPop3(std::string_view line);
    Status hearPostgresql(std::string_view bytes);
    Status hearLdap();
    Status hearMysql();
    void ask(Stage next, std::string words);

    std::string protocol_;
    Stage stage_ = Stage::Greeting;
    std::string output_;
    std::string input_; // of a line that is not whole yet
    std::size_t heard_ = 0;
    bool offered_ = false; // SMTP: STARTTLS is among the capabilities
};

} // namespace perennial::tls
