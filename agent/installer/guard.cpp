#include "agent/installer/guard.h"

#include "shared/base/accounts.h"
#include "shared/base/trusted_path.h"
#include "shared/model/host_names.h"
#include "shared/model/token_message.h"
#include "shared/x509/private_key.h"
#include "shared/yaml/strict_yaml.h"

#include <algorithm>
#include <csignal>

namespace perennial::installer {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view folderCharacters =
    "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@_.-:";
constexpr std::string_view unitCharacters = folderCharacters.substr(1); // no slash

bool consistsOf(std::string_view text, std::string_view characters)
{
    return text.find_first_not_of(characters) == std::string_view::npos;
}

template <class Account>
std::optional<Account> readAccount(
    yaml::Reader& in, const std::string& key, Result<Account> (*find)(const std::string&))
{
    const auto name = in.optionalText(key);
    if (!name) return {};
    auto account = find(*name);
    if (account) return *account;
    in.fail(key, account.error().message);
    return {};
}

std::vector<std::string> readCommand(yaml::Reader& in, const std::string& key)
{
    auto command = in.texts(key);
    if (in.failed()) return command;
    if (command.empty())
        in.fail(key, "a program and its arguments");
    else if (auto status = checkSpelling(command.front()); !status)
        in.fail(key, status.error().message);
    return command;
}

Duration readTimeout(yaml::Reader& in, const std::string& key = "timeout")
{
    const auto timeout = in.durationOr(key, Duration(30));
    if (timeout < Duration(1) || timeout > Duration(120)) in.fail(key, "between 1s and 2m");
    return timeout;
}

StoreRule readHelperStore(yaml::Reader& in, StoreRule store)
{
    store.helper = readCommand(in, "helper");
    store.helperTimeout = readTimeout(in, "helper_timeout");
    // It becomes part of a unit's settings.
    if (!consistsOf(store.folder.native(), folderCharacters))
        in.fail("folder", "a helper's folder has letters, digits and \"/@_.-:\" only");
    return store;
}

StoreRule readStore(yaml::Reader& in)
{
    StoreRule store;
    store.folder = in.absolutePath("folder");
    if (in.has("helper")) return readHelperStore(in, std::move(store));
    store.certificateMode = in.modeOr("certificate_mode", 0644, 0644);
    store.keyMode = in.modeOr("key_mode", 0600, 0640);
    store.owner = readAccount(in, "owner", &findUser);
    store.group = readAccount(in, "group", &findGroup);
    store.lendReadableKeys = in.booleanOr("lend_readable_keys", false);
    if (in.has("password_file")) store.passwordFile = in.absolutePath("password_file");
    store.versionLink = in.optionalText("version_link").value_or("");
    store.chainFile = in.optionalText("chain_file").value_or("");
    const auto isName = [](const std::string& text) {
        return text.find('/') == std::string::npos && !text.starts_with('.');
    };
    if (!isName(store.versionLink))
        in.fail("version_link", "the name of a symbolic link in the folder");
    if (!isName(store.chainFile)) in.fail("chain_file", "a file's name, without its folder");
    if (!store.chainFile.empty() && !store.passwordFile.empty())
        in.fail("chain_file", "a PKCS#12 file (password_file) has its chain in it");
    return store;
}

Action readAction(yaml::Reader& in)
{
    std::vector<std::string> check;
    if (in.has("check")) check = readCommand(in, "check");
    const auto timeout = readTimeout(in);
    if (in.has("signal")) {
        const std::map<std::string, int> signals = {
            {"HUP", SIGHUP}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2}};
        const auto found = signals.find(in.oneOf("signal", {"HUP", "USR1", "USR2"}));
        return SignalAction{found == signals.end() ? 0 : found->second, in.absolutePath("pid_file"),
            std::move(check), timeout};
    }
    ProgramAction action;
    action.check = std::move(check);
    action.timeout = timeout;
    if (in.has("systemd_unit")) {
        const auto unit = in.text("systemd_unit");
        if (!unit.ends_with(".service") || unit.front() == '-' || !consistsOf(unit, unitCharacters))
            in.fail("systemd_unit", "the full name of a service unit, such as nginx.service");
        // None of these starts a service that is down.
        const auto verb = in.oneOf("verb", {"reload", "try-restart", "try-reload-or-restart"});
        action.run = {"/usr/bin/systemctl", "--no-ask-password", verb, "--", unit};
        action.inUnit = false;
    } else {
        action.run = readCommand(in, "run");
    }
    return action;
}

TrustRule readTrustStore(yaml::Reader& in)
{
    TrustRule rule;
    rule.folder = in.absolutePath("folder");
    rule.result = in.absolutePath("result");
    ProgramAction update;
    update.run = readCommand(in, "update");
    update.timeout = readTimeout(in);
    rule.update = std::move(update);
    for (const auto& anchor : in.texts("anchors")) {
        if (anchor.size() != 64 || !consistsOf(anchor, "0123456789abcdef"))
            in.fail("anchors", "each is the SHA-256 of a certificate, in lower-case hex");
        rule.anchors.insert(anchor);
    }
    return rule;
}

TokenRule readToken(yaml::Reader& in)
{
    TokenRule rule;
    rule.socket = in.absolutePath("socket");
    rule.user = readAccount(in, "user", &findUser).value_or(0);
    rule.keys = in.texts("keys");
    for (const auto& label : rule.keys) {
        if (label.empty() || label.size() > model::tokenLabelLimit)
            in.fail("keys", "labels of keys, at most 100 bytes each");
    }
    return rule;
}

void readCallers(yaml::Reader& in, Guard& guard)
{
    for (const auto& caller : in.texts("callers")) {
        auto user = findUser(caller);
        if (!user) return in.fail("callers", user.error().message);
        guard.callers.push_back(*user);
    }
    if (guard.callers.empty()) in.fail("callers", "at least one user");
}

// With pins, a certificate that slipped into the file makes nobody an issuer.
void readIssuers(yaml::Reader& in, Guard& guard)
{
    const auto pins = in.textsOr("issuers", {});
    const auto file = in.absolutePath("issuer_certificates");
    if (in.failed()) return;
    auto pem = readTrustedFile(file);
    if (!pem) return in.fail("issuer_certificates", pem.error().message);
    auto issuers = x509::Certificate::allFromPem(*pem);
    if (!issuers) return in.fail("issuer_certificates", issuers.error().message);
    for (const auto& issuer : *issuers) {
        const bool pinned =
            std::find(pins.begin(), pins.end(), issuer.publicKeyPin()) != pins.end();
        if (!issuer.isAuthority())
            in.fail("issuer_certificates", issuer.displayName() + " is not an authority");
        else if (pins.empty() || pinned)
            guard.issuers.push_back(issuer);
    }
    if (guard.issuers.empty() || guard.issuers.size() < pins.size())
        in.fail(pins.empty() ? "issuer_certificates" : "issuers",
            "issuer_certificates holds no certificate for some of them");
}

std::vector<std::string> readNames(yaml::Reader& in)
{
    auto names = in.texts("names");
    for (const auto& name : names) {
        if (name.empty() || name == "*" || name.find('*', 1) != std::string::npos ||
            (name[0] == '*' && !name.starts_with("*.")))
            in.fail("names", "\"" + name + "\": a whole name, or \"*.\" and the rest of it");
    }
    return names;
}

EnrollmentRule readEnrollment(yaml::Reader& in, const Guard& guard)
{
    EnrollmentRule rule{{in.absolutePath("certificate"), in.absolutePath("key")}, readNames(in)};
    for (const auto& [key, file] :
        {std::pair("certificate", &rule.place.certificate), std::pair("key", &rule.place.key)}) {
        if (guard.storeOf(*file) == nullptr) in.fail(key, "is in none of the stores");
    }
    return rule;
}

void readLimits(yaml::Reader& in, Guard& guard)
{
    guard.keyTypes = in.texts("key_types");
    for (const auto& type : guard.keyTypes) {
        if (!x509::isKnownKeyType(type))
            in.fail("key_types", "\"" + type + "\" is not a known type");
    }
    guard.names = readNames(in);
    guard.templates = in.textsOr("templates", {});
    for (const auto& oid : guard.templates) {
        if (oid.empty() || !consistsOf(oid, "0123456789.")) in.fail("templates", "each is an OID");
    }
    guard.renewalsPerDay = in.integerOr("renewals_per_day", 10);
    if (guard.renewalsPerDay < 1 || guard.renewalsPerDay > 1000)
        in.fail("renewals_per_day", "between 1 and 1000");
    guard.keepPrevious = in.durationOr("keep_previous", Duration(0));
    if (guard.keepPrevious > std::chrono::days(30)) in.fail("keep_previous", "at most 30d");
}

} // namespace

FileAttributes StoreRule::attributesFor(
    const fs::path& file, bool isKey, const FileFacts& current) const
{
    return {isKey ? keyMode : certificateMode, owner.value_or(current.owner),
        group.value_or(current.group), current.links == 0 ? fs::path() : file};
}

const StoreRule* Guard::storeOf(const fs::path& file) const
{
    const StoreRule* innermost = nullptr;
    for (const auto& store : stores) {
        const bool inside = file.native().starts_with(store.folder.native() + "/");
        if (inside && (innermost == nullptr ||
                          store.folder.native().size() > innermost->folder.native().size()))
            innermost = &store;
    }
    return innermost;
}

const StoreRule* Guard::helperOf(const Place& place) const
{
    const auto* rule = storeOf(place.key);
    return rule == nullptr || rule->helper.empty() ? nullptr : rule;
}

bool isAmong(const std::string& name, const std::vector<std::string>& patterns)
{
    return std::any_of(patterns.begin(), patterns.end(),
        [&](const std::string& pattern) { return model::nameMatches(pattern, name); });
}

const EnrollmentRule* Guard::enrollmentAt(const Place& place) const
{
    const auto found = std::find_if(enrollments.begin(), enrollments.end(),
        [&](const EnrollmentRule& rule) { return rule.place == place; });
    return found == enrollments.end() ? nullptr : &*found;
}

Result<Guard> loadGuard(const fs::path& file)
{
    auto text = readTrustedFile(file);
    if (!text) return text.error();
    auto document = yaml::parse(*text, file.string());
    if (!document) return document.error();

    yaml::Reader in(*document, file.string());
    Guard guard;
    auto socket = in.mapping("socket");
    guard.socket = socket.absolutePath("path");
    guard.socketMode = socket.modeOr("mode", 0660, 0666);
    guard.socketGroup = readAccount(socket, "group", &findGroup);
    guard.state = in.absolutePath("state");
    readCallers(in, guard);
    for (auto& store : in.mappings("stores"))
        guard.stores.push_back(readStore(store));
    readIssuers(in, guard);
    readLimits(in, guard);
    for (auto& place : in.optionalMappings("enrollments"))
        guard.enrollments.push_back(readEnrollment(place, guard));
    for (auto& [name, action] : in.optionalNamedMappings("actions"))
        guard.actions.emplace(name, readAction(action));
    for (auto& [name, store] : in.optionalNamedMappings("trust_stores"))
        guard.trustStores.emplace(name, readTrustStore(store));
    for (auto& [name, token] : in.optionalNamedMappings("tokens"))
        guard.tokens.emplace(name, readToken(token));
    if (auto status = in.finish(); !status) return status.error();
    return guard;
}

} // namespace perennial::installer
