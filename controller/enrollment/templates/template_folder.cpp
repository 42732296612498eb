#include "controller/enrollment/templates/template_reader.h"
#include "shared/base/encoding.h"
#include "shared/base/file_system.h"

#include <algorithm>
#include <charconv>

namespace perennial::enrollment::server {

namespace {

using Weight = TemplateFinding::Weight;
constexpr std::size_t sizeLimit = 1U << 20U; // bytes of one file

std::string lowered(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

// Whoever writes a template decides who is issued what. Its own text cannot accept that.
void checkMode(const FileSystem& files, const std::string& path, TemplateFolder& into)
{
    constexpr mode_t othersMayWrite = 0002;
    const auto facts = files.inspect(path);
    if (!facts || facts->type == FileFacts::Type::Link || (facts->mode & othersMayWrite) == 0)
        return;
    into.findings.push_back({Weight::Refused, path, 0, "", "ESC4",
        "everybody may write it, and whoever writes a template decides what is issued: chmod o-w"});
}

// "Web.yaml:12: rights: what" taken apart again.
TemplateFinding wrongFinding(const std::string& path, const std::string& message)
{
    TemplateFinding finding{Weight::Wrong, path, 0, "", "", message};
    if (message.rfind(path + ":", 0) != 0) return finding;
    const auto* begin = message.data() + path.size() + 1;
    const auto* end = message.data() + message.size();
    const auto line = std::from_chars(begin, end, finding.line);
    const std::string_view rest(line.ptr, static_cast<std::size_t>(end - line.ptr));
    finding.what = rest.substr(std::min(rest.find_first_not_of(": "), rest.size()));
    return finding;
}

void addFile(const FileSystem& files, const std::string& path, TemplateFolder& into)
{
    const auto wrong = [&](const std::string& key, const std::string& what) {
        into.findings.push_back({Weight::Wrong, path, 0, key, "", what});
    };
    const auto text = files.read(path, sizeLimit);
    if (!text) return wrong("", text.error().message);
    checkMode(files, path, into);
    auto read = readTemplateFile(*text, path);
    if (!read) {
        into.findings.push_back(wrongFinding(path, read.error().message));
        return;
    }
    into.findings.insert(into.findings.end(), read->findings.begin(), read->findings.end());
    const auto& t = read->certificateTemplate;
    if (const auto* other = findByOid(into.templates, t.oid))
        return wrong("oid", t.oid + " is " + other->name + "'s already");
    for (const auto& [name, other] : into.templates) {
        if (lowered(name) == lowered(t.name)) // requests name them in any letter case
            return wrong("name", t.name + " is used by two templates");
    }
    into.templates.emplace(t.name, t);
}

// Whether following `supersedes` from the template leads back to it.
bool supersedesItself(const Templates& templates, const std::string& start)
{
    std::set<std::string> seen;
    std::vector<std::string> next = templates.at(start).supersedes;
    while (!next.empty()) {
        const auto name = next.back();
        next.pop_back();
        if (name == start) return true;
        const auto found = templates.find(name);
        if (found == templates.end() || !seen.insert(name).second) continue;
        next.insert(next.end(), found->second.supersedes.begin(), found->second.supersedes.end());
    }
    return false;
}

} // namespace

bool TemplateFolder::isGood() const
{
    return std::none_of(findings.begin(), findings.end(), isRefusal);
}

Result<TemplateFolder> checkTemplates(const std::string& folder)
{
    const PosixFileSystem files;
    const auto names = files.list(folder);
    if (!names) return names.error();
    TemplateFolder result;
    checkMode(files, folder, result);
    for (const auto& name : *names) {
        if (name.size() < 6 || name.substr(name.size() - 5) != ".yaml") continue;
        addFile(files, folder + "/" + name, result);
    }
    for (const auto& [name, t] : result.templates) {
        if (supersedesItself(result.templates, name))
            result.findings.push_back({Weight::Wrong, folder, 0, "supersedes", "",
                "template " + name + " supersedes itself, directly or by others"});
    }
    return result;
}

Result<TemplateFolder> readTemplateFolder(const std::string& folder)
{
    auto checked = checkTemplates(folder);
    if (!checked) return checked.error();
    std::string refusals;
    for (const auto& finding : checked->findings) {
        if (isRefusal(finding)) refusals += (refusals.empty() ? "" : "\n") + toText(finding);
    }
    if (!refusals.empty()) return Error{ErrorKind::InvalidInput, refusals};
    return checked;
}

Result<Templates> readTemplates(const std::string& folder)
{
    auto read = readTemplateFolder(folder);
    if (!read) return read.error();
    return std::move(read->templates);
}

} // namespace perennial::enrollment::server
