#include "plugins/syslog_sink/syslog_settings.h"

#include "shared/base/encoding.h"
#include "shared/base/file_system.h"

#include <array>
#include <charconv>
#include <set>
#include <unistd.h>

namespace perennial::plugins {

namespace {

Error refusal(const std::string& setting, const std::string& what)
{
    return {ErrorKind::InvalidInput, "syslog sink: " + setting + " " + what};
}

class SettingsReader {
public:
    explicit SettingsReader(const PluginSettings& settings) : settings_(settings) {}

    std::string text(const std::string& name)
    {
        known_.insert(name);
        const auto found = settings_.find(name);
        return found == settings_.end() ? "" : found->second;
    }
    std::int64_t number(
        const std::string& name, std::int64_t otherwise, std::int64_t least, std::int64_t most)
    {
        const auto digits = text(name);
        if (digits.empty()) return otherwise;
        std::int64_t value = 0;
        const auto* end = digits.data() + digits.size();
        const auto [stopped, failed] = std::from_chars(digits.data(), end, value);
        if (failed != std::errc() || stopped != end || value < least || value > most)
            fail(refusal(name, "must be " + std::to_string(least) + " to " + std::to_string(most)));
        return value;
    }
    void fail(Error error)
    {
        if (!error_) error_ = std::move(error);
    }
    Status finish()
    {
        for (const auto& [name, value] : settings_) {
            if (!known_.contains(name)) fail(refusal(toPrintable(name, 64), "is no setting of it"));
        }
        return error_ ? Status(*error_) : Status();
    }

private:
    const PluginSettings& settings_;
    std::set<std::string> known_;
    std::optional<Error> error_;
};

std::string ownHostName()
{
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

} // namespace

Result<SyslogSettings> readSyslogSettings(const PluginSettings& settings)
{
    SettingsReader in(settings);
    SyslogSettings read;
    read.target.host = in.text("host");
    read.target.port = static_cast<int>(in.number("port", 6514, 1, 65'535));
    read.target.serverName = in.text("server_name");
    read.trustFile = in.text("trust_file");
    read.pin = in.text("pin");
    read.certificateFile = in.text("certificate_file");
    read.keyFile = in.text("key_file");
    read.format.hostName = in.text("hostname");
    read.format.facility = static_cast<int>(in.number("facility", read.format.facility, 0, 23));
    read.format.mostBytes = static_cast<std::size_t>(
        in.number("message_bytes", 8000, static_cast<std::int64_t>(leastMessageBytes), 65'536));
    if (const auto text = in.text("settle_after"); !text.empty()) {
        const auto duration = durationFromText(text);
        if (!duration || *duration < Duration(1) || *duration > Duration(60)) {
            in.fail(refusal("settle_after", "must be 1s to 60s"));
        } else {
            read.settleAfter = *duration;
        }
    }
    if (read.format.hostName.empty()) read.format.hostName = ownHostName();
    if (read.target.host.empty()) in.fail(refusal("host", "is missing"));
    if (read.trustFile.empty() == read.pin.empty())
        in.fail(refusal("trust_file", "or pin is needed, and not both"));
    if (read.certificateFile.empty() != read.keyFile.empty())
        in.fail(refusal("certificate_file", "and key_file belong together"));
    if (auto done = in.finish(); !done) return done.error();
    return read;
}

Result<tls::ClientSettings> readTlsFiles(const SyslogSettings& settings)
{
    tls::ClientSettings read;
    read.trust.pin = settings.pin;
    if (!settings.trustFile.empty()) {
        const auto pem = PosixFileSystem().read(settings.trustFile, 1U << 20U);
        if (!pem) return pem.error();
        auto anchors = x509::Certificate::allFromPem(*pem);
        if (!anchors) return anchors.error().in(settings.trustFile);
        if (anchors->empty()) return refusal("trust_file", "has no certificate in it");
        read.trust.anchors = std::move(*anchors);
    }
    if (!settings.certificateFile.empty()) {
        auto identity = tls::loadIdentity(settings.certificateFile, settings.keyFile);
        if (!identity) return identity.error();
        read.identity = std::move(*identity);
    }
    return read;
}

} // namespace perennial::plugins
