// Records with foreign text in them, as syslog messages: one line each, within the limit.
#include "plugins/syslog_sink/syslog_message.h"
#include "shared/base/encoding.h"
#include "shared/base/json.h"

#include <cstdlib>

using namespace perennial;
using namespace perennial::plugins;

namespace {

void check(const std::string& record)
{
    const SyslogFormat format{"host.example.test", 13, 2048};
    const auto message = syslogMessage({7, record}, format);
    if (message.size() > format.mostBytes || !isValidUtf8(message)) std::abort();
    const auto mark = message.find("\xEF\xBB\xBF");
    if (mark == std::string::npos) std::abort();
    for (const auto& part : {message.substr(0, mark), message.substr(mark + 3)})
        if (toPrintable(part, message.size() * 6) != part) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string input(reinterpret_cast<const char*>(bytes), size);
    check(input);
    if (!isValidUtf8(input)) return 0;
    Json event;
    event["certificate"] = Json::Object{{"subject", input}, {"issuer", input}};
    event["host"] = input;
    event["kind"] = input;
    event["time"] = input;
    check(event.canonical());
    return 0;
}
