#include "plugins/haproxy_discovery/certificate_files.h"

#include "plugins/haproxy_discovery/crt_list.h"
#include "shared/base/secret.h"
#include "shared/service_config/config_path.h"
#include "shared/x509/certificate.h"
#include "shared/x509/pem.h"

#include <array>
#include <filesystem>

namespace perennial::plugins::haproxy {

namespace fs = std::filesystem;
using service_config::findPathFault;
using service_config::fullPath;

namespace {

// What lies beside certificates and is none.
constexpr std::array<std::string_view, 4> endingsBeside = {".key", ".issuer", ".ocsp", ".sctl"};
constexpr std::array<std::string_view, 3> bundleEndings = {".dsa", ".ecdsa", ".rsa"};

ConfigLimits certificateLimits()
{
    ConfigLimits limits;
    limits.files = 20'000;
    limits.fileBytes = 1U << 20U;
    limits.allBytes = 256U << 20U;
    limits.statements = 500'000; // certificates, of all lines
    return limits;
}

std::vector<std::string> namesOf(const x509::Certificate& certificate)
{
    std::vector<std::string> names;
    for (const auto& name : certificate.alternativeNames()) {
        if (name.type == x509::GeneralName::Type::Dns) names.push_back(name.value);
    }
    if (auto name = certificate.commonName(); !name.empty()) names.push_back(std::move(name));
    return names;
}

} // namespace

CertificateFiles::CertificateFiles(
    const FileSystem& files, Discovery& found, const Configuration& configuration)
    : files_(files), found_(found), keysBeside_(configuration.keysBeside),
      endingsGo_(configuration.endingsGo), budget_(files, certificateLimits(), found.configuration)
{
}

void CertificateFiles::tell(const Statement& from, const std::string& what)
{
    found_.skip(placeOf(from) + ": " + what);
}

std::optional<std::string> CertificateFiles::pathOf(
    const std::string& path, const std::string& base, const Statement& from)
{
    if (const auto fault = findPathFault(path); !fault.empty()) {
        tell(from, "crt " + fault);
        return {};
    }
    if (path.starts_with('@')) {
        tell(from, "crt: a crt-store is not followed");
        return {};
    }
    auto folder = fs::path(from.workingFolder) / base;
    if (!path.starts_with('/') && !folder.is_absolute()) {
        tell(from, "crt: relative to where HAProxy is started; the source's `folder` can say it");
        return {};
    }
    return fullPath(path, folder.string());
}

std::vector<LoadedCertificate> CertificateFiles::loadedBy(const Bind& bind)
{
    std::vector<LoadedCertificate> loaded;
    const auto& from = *bind.statement;
    for (const auto& [kind, written] : bind.certificates) {
        const auto path = pathOf(written, kind == "crt" ? from.certificateFolder : "", from);
        if (!path) continue;
        std::error_code problem;
        if (kind == "crt-list")
            loadList(*path, from, loaded);
        else if (fs::is_directory(*path, problem))
            loadFolder(*path, from, loaded);
        else
            load(*path, {}, from, loaded);
    }
    return loaded;
}

std::vector<LoadedCertificate> CertificateFiles::shownBy(const Statement& server)
{
    std::vector<LoadedCertificate> loaded;
    for (std::size_t i = 1; i + 1 < server.words.size(); ++i) {
        if (server.words[i] != "crt") continue;
        if (const auto path = pathOf(server.words[i + 1], server.certificateFolder, server))
            load(*path, {}, server, loaded);
    }
    return loaded;
}

void CertificateFiles::loadFolder(
    const std::string& folder, const Statement& from, std::vector<LoadedCertificate>& into)
{
    const auto names = budget_.namesIn(folder);
    if (!names) return tell(from, "crt: " + names.error().message);
    for (const auto& name : *names) {
        bool beside = name.starts_with('.');
        for (const auto ending : endingsBeside)
            beside = beside || name.ends_with(ending);
        const auto path = (fs::path(folder) / name).string();
        std::error_code problem;
        if (!beside && fs::is_regular_file(path, problem)) load(path, {}, from, into);
    }
}

void CertificateFiles::loadList(
    const std::string& path, const Statement& from, std::vector<LoadedCertificate>& into)
{
    const auto text = budget_.enter(path);
    if (!text) return tell(from, "crt-list: " + text.error().message);
    budget_.leave();
    const auto lines = parseCrtList(*text);
    if (!lines) return found_.skip(path + ":" + lines.error().message);
    Statement place = from;
    place.file = std::make_shared<const std::string>(path);
    place.words.clear();
    for (const auto& line : *lines) {
        place.line = line.line;
        if (const auto file = pathOf(line.file, from.certificateFolder, place))
            load(*file, line.names, place, into);
    }
}

void CertificateFiles::load(const std::string& path, const std::vector<std::string>& names,
    const Statement& from, std::vector<LoadedCertificate>& into)
{
    if (!budget_.takeStatement(path.size() + service_config::bytesOf(names)))
        return tell(from, "too many certificates");
    std::error_code problem;
    if (!fs::exists(path, problem)) {
        // "web.pem" may stand for "web.pem.rsa" and "web.pem.ecdsa".
        bool any = false;
        for (const auto ending : bundleEndings) {
            const auto part = path + std::string(ending);
            if (!fs::exists(part, problem)) continue;
            any = true;
            load(part, names, from, into);
        }
        if (any) return;
    }
    const auto looked = lookInto(path);
    // What a crt-list names is not quoted: a key may be taken for one by mistake.
    const bool listed = from.words.empty();
    if (!looked)
        return tell(from, listed ? "names no certificate with its key" : looked.error().message);
    into.push_back({path, looked->keyPath, names.empty() ? looked->names : names, looked->ecKey});
}

std::string CertificateFiles::keyFileOf(const std::string& path) const
{
    constexpr std::string_view ending = ".crt";
    if (endingsGo_ && path.ends_with(ending))
        return path.substr(0, path.size() - ending.size()) + ".key";
    return path + ".key";
}

Result<CertificateFiles::Looked> CertificateFiles::lookInto(const std::string& path)
{
    const auto known = looked_.find(path);
    if (known != looked_.end()) return known->second;
    const auto look = [&]() -> Result<Looked> {
        auto read = budget_.enter(path);
        if (!read) return read.error();
        budget_.leave();
        const Secret text(*std::move(read));
        const auto certificate = x509::Certificate::fromPem(text.reveal());
        if (!certificate) return certificate.error().in(path);
        Looked looked{path, namesOf(*certificate), certificate->keyType().starts_with("ec-")};
        if (!x509::privateKeyBlock(text.reveal()).empty()) return looked;
        looked.keyPath = keyFileOf(path);
        if (!keysBeside_ || !files_.inspect(looked.keyPath))
            return Error{ErrorKind::NotFound, path + ": no private key in it or beside it"};
        return looked;
    };
    return looked_.emplace(path, look()).first->second;
}

} // namespace perennial::plugins::haproxy
