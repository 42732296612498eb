#include "controller/enrollment/relay/fetched_lists.h"

#include "shared/http/client/http_client.h"

#include <algorithm>

namespace perennial::enrollment::server {

namespace {

constexpr std::chrono::milliseconds lookInterval{1000};
constexpr Duration connectLimit{5};
constexpr Duration retryInterval{30};

} // namespace

FetchedLists::FetchedLists(const RelaySettings& settings, x509::Certificate authority,
    std::string folder, Fetch fetch, const Parts& parts)
    : settings_(settings.lists), authority_(std::move(authority)), folder_(std::move(folder)),
      fetch_(std::move(fetch)), parts_(parts), held_(std::make_shared<const Held>())
{
}

FetchedLists::Fetch FetchedLists::overHttp(
    const RelaySettings& settings, std::vector<x509::Certificate> anchors)
{
    http::ClientLimits limits;
    limits.connect = std::min(connectLimit, settings.timeLimit);
    limits.total = settings.timeLimit;
    limits.body = x509::RevocationList::sizeLimit;
    const auto client =
        std::make_shared<http::Client>(tls::ClientSettings{{std::move(anchors), ""}, {}}, limits);
    return [client](const std::string& url) -> Result<Bytes> {
        http::ClientRequest request;
        request.url = url;
        request.plainToo = true; // a CRL is signed
        auto response = client->send(request);
        if (!response) return response.error();
        if (response->status != 200)
            return Error{
                ErrorKind::Unavailable, url + " answered HTTP " + std::to_string(response->status)};
        return std::move(response->body);
    };
}

Result<std::optional<x509::RevocationList>> FetchedLists::readCopy(const std::string& name)
{
    const auto file = folder_ + "/" + name;
    if (!parts_.files.inspect(file)) return std::optional<x509::RevocationList>();
    const auto der = parts_.files.read(file, x509::RevocationList::sizeLimit);
    if (!der) return der.error();
    auto list = x509::RevocationList::fromDer(*der);
    if (!list) return list.error().in(file);
    return std::optional(*std::move(list));
}

// A copy that cannot be used is as good as none: the next one is fetched at once.
Status FetchedLists::open()
{
    if (!settings_) return {};
    if (auto made = parts_.files.makeFolder(folder_, 0755); !made) return made;
    auto base = readCopy(published::baseList);
    auto delta = settings_->deltaUrl.empty() ? Result(std::optional<x509::RevocationList>())
                                             : readCopy(published::deltaList);
    if (base && !*base) return {};
    auto merged = base && delta ? MergedLists::of(authority_, **std::move(base), *std::move(delta))
                                : Result<MergedLists>(base ? delta.error() : base.error());
    if (!merged) {
        parts_.log.warning(
            "the CRLs in " + folder_ + " are passed over: " + merged.error().message);
        return {};
    }
    const auto facts = parts_.files.inspect(folder_ + "/" + published::baseList);
    if (!facts) return facts.error();
    const auto written =
        std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(facts->changedNanoseconds));
    hold(*std::move(merged), std::min(TimePoint(written), parts_.clock.now()));
    return {};
}

void FetchedLists::start()
{
    if (settings_) timer_.emplace(lookInterval, [this] { look(); });
}

void FetchedLists::look()
{
    const auto now = parts_.clock.now();
    if (now >= nextFetch_ || nextFetch_ > now + settings_->interval) {
        const auto done = fetchAll(now);
        nextFetch_ =
            now + (done ? settings_->interval : std::min(settings_->interval, retryInterval));
        const auto problem = done ? std::string() : done.error().message;
        if (!problem.empty() && problem != lastProblem_) // said once, tried again each time
            parts_.log.warning("the authority's CRLs cannot be fetched: " + problem);
        lastProblem_ = problem;
    }
    tell(counts(*held(), now), lastProblem_, now);
}

// The delta CRL first: a base CRL that comes out in between has all that it says.
Status FetchedLists::fetchAll(TimePoint now)
{
    const auto get = [this](const std::string& url) -> Result<x509::RevocationList> {
        const auto der = fetch_(url);
        if (!der) return der.error();
        auto list = x509::RevocationList::fromDer(*der);
        if (!list) return list.error().in(url);
        return list;
    };
    std::optional<x509::RevocationList> delta;
    if (!settings_->deltaUrl.empty()) {
        auto came = get(settings_->deltaUrl);
        if (!came) return came.error();
        delta = *std::move(came);
    }
    auto base = get(settings_->baseUrl);
    if (!base) return base.error();
    auto merged = MergedLists::of(authority_, *std::move(base), std::move(delta));
    if (!merged) return merged.error();
    if (const auto before = held(); before->lists) {
        if (auto follows = merged->checkFollows(*before->lists); !follows) return follows;
    }
    auto written = writeCopies(*merged);
    hold(*std::move(merged), now);
    return written; // what cannot be kept counts all the same, and is told
}

// The base CRL last: its time says when both were fetched.
Status FetchedLists::writeCopies(const MergedLists& lists)
{
    const auto write = [&](const char* name, const x509::RevocationList& list) {
        return parts_.files.replace(folder_ + "/" + name, list.toDer(), {0644, {}, {}});
    };
    if (lists.delta()) {
        if (auto done = write(published::deltaList, *lists.delta()); !done) return done;
    }
    return write(published::baseList, lists.base());
}

std::shared_ptr<const FetchedLists::Held> FetchedLists::held() const
{
    const std::lock_guard lock(mutex_);
    return held_;
}

void FetchedLists::hold(MergedLists lists, TimePoint fetchedAt)
{
    auto next = std::make_shared<const Held>(Held{std::move(lists), fetchedAt});
    const std::lock_guard lock(mutex_);
    held_ = std::move(next);
}

bool FetchedLists::counts(const Held& held, TimePoint now) const
{
    return held.lists && (settings_->deltaUrl.empty() || held.lists->delta()) &&
           now < held.lists->nextUpdate() && now - held.fetchedAt <= settings_->longestAge;
}

// An event when they stop counting, and when they count again.
void FetchedLists::tell(bool count, const std::string& problem, TimePoint now)
{
    if (told_ == count) return;
    Json details;
    if (const auto current = held(); current->lists) {
        details["number"] = current->lists->base().number();
        details["next_update"] = toRfc3339(current->lists->nextUpdate());
        details["fetched_at"] = toRfc3339(current->fetchedAt);
    }
    if (!count) details["problem"] = toPrintable(problem, 512);
    const auto stored = parts_.store.addEvent(
        count ? "revocation_lists.in_force" : "revocation_lists.out_of_date", now, details);
    if (!stored) {
        parts_.log.error("events: " + stored.error().message);
        return;
    }
    told_ = count;
    if (count)
        parts_.log.info("the authority's CRLs are known");
    else
        parts_.log.error("no CRL of the authority counts: nobody comes in by certificate, but to "
                         "renew it by key");
}

RemoteAuthority::Standing FetchedLists::standingOf(
    const x509::Certificate& certificate, TimePoint now) const
{
    if (!certificate.isSignedBy(authority_)) return Standing::Foreign;
    if (!settings_) return Standing::Unknown;
    const auto current = held();
    // Who was revoked is so by an old CRL too.
    if (current->lists && current->lists->isRevoked(certificate.serial())) return Standing::Revoked;
    return counts(*current, now) ? Standing::Good : Standing::Unknown;
}

CrlPublisher::Lists FetchedLists::lists() const
{
    const auto current = held();
    if (!current->lists) return {};
    return {current->lists->base(), current->lists->delta()};
}

std::optional<FetchedLists::Facts> FetchedLists::facts(TimePoint now) const
{
    if (!settings_) return std::nullopt;
    const auto current = held();
    return Facts{counts(*current, now), current->fetchedAt};
}

} // namespace perennial::enrollment::server
