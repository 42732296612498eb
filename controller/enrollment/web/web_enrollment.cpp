#include "controller/enrollment/web/web_enrollment.h"

#include "controller/enrollment/web/request_recipe.h"
#include "controller/enrollment/web/same_origin.h"
#include "controller/enrollment/web/submission.h"

#include <algorithm>

namespace perennial::enrollment::server {

using web::Disposition;
using web::Html;

namespace {

Result<web::Parameters> formOf(const http::Call& call)
{
    const auto type = call.headers.find("content-type");
    return web::readForm(type == call.headers.end() ? "" : type->second, call.body);
}

} // namespace

WebEnrollment::WebEnrollment(const Parts& parts)
    : parts_(parts),
      signIn_(parts_.settings, parts_.authenticator), endpoint_{"/certsrv", {}, false, false, 1}
{
}

http::Answer WebEnrollment::answer(const http::Call& call)
{
    auto page = web::lowered(call.path).substr(std::string("/certsrv").size());
    if (page.empty()) { // links are relative: the folder needs its slash
        http::Answer moved{301, "text/plain", "", {}};
        moved.headers["Location"] = "/certsrv/";
        return moved;
    }
    page.erase(0, 1);
    const bool post = call.method == "POST";
    if (page == "certsrv.css" && !post) return web::styleSheetAnswer();
    // Before anybody's password is looked at: nobody's browser is to try passwords for others.
    if (post && !web::isOwnPost(call)) {
        parts_.log.warning(call.remoteAddress + " at " + call.path + ": a post of a foreign page");
        return web::pageAnswer(403, {parts_.chain.front().commonName(), ""}, "Refused",
            web::messagePage("This form came from another site. Open it here and send it again."));
    }
    const auto now = parts_.clock.now();
    const auto known = signIn_.whoCalls(call, now);
    if (!known) return refuseCaller(known.error());
    const auto query = web::Parameters::fromQuery(call.query);
    const web::Parameters none;
    const Visit visit{call, known->caller, query ? *query : none, now};
    auto answer = query ? answerKnown(page, visit) : wrong(visit, 400, query.error().message);
    if (!known->negotiated.empty()) answer.challenges.push_back(known->negotiated);
    answer.caller = known->caller.name;
    return answer;
}

http::Answer WebEnrollment::refuseCaller(const Error& error) const
{
    const web::Frame frame{parts_.chain.front().commonName(), ""};
    if (error.kind != ErrorKind::PermissionDenied) {
        auto answer = web::pageAnswer(503, frame, "Try again later",
            web::messagePage("Nobody can sign in at the moment. Try again later."));
        answer.headers["Retry-After"] = "30";
        return answer;
    }
    auto challenges = signIn_.challenges();
    auto answer = web::pageAnswer(challenges.empty() ? 403 : 401, frame, "Sign in",
        web::messagePage("You have to sign in to use this service."));
    answer.challenges = std::move(challenges);
    return answer;
}

http::Answer WebEnrollment::answerKnown(const std::string& page, const Visit& visit)
{
    if (visit.call.method == "POST") return answerPost(page, visit);
    if (visit.call.method == "GET" || visit.call.method == "HEAD") {
        if (auto file = answerFile(page, visit)) return *std::move(file);
        return answerPage(page, visit);
    }
    auto answer = wrong(visit, 405, "Pages are read with GET, and forms are sent with POST.");
    answer.headers["Allow"] = "GET, HEAD, POST";
    return answer;
}

http::Answer WebEnrollment::answerPost(const std::string& page, const Visit& visit)
{
    if (page == "certfnsh.asp" || page == "certckpn.asp") return finish(visit);
    if (page == "certrqma.asp") return showRecipe(visit);
    auto answer = wrong(visit, 405, "Nothing can be sent to this page.");
    answer.headers["Allow"] = "GET, HEAD";
    return answer;
}

http::Answer WebEnrollment::answerPage(const std::string& page, const Visit& visit)
{
    const auto show = [&](web::Literal title, const Html& content) {
        return web::pageAnswer(200, frameOf(visit), title, content);
    };
    if (page.empty() || page == "default.asp") return show("Certificate services", web::homePage());
    if (page == "certrqus.asp" || page == "certrqad.asp")
        return show("Request a certificate", web::requestChoicePage());
    if (page == "certrqxt.asp" || page == "certrqma.asp")
        return showForm(visit, page == "certrqxt.asp");
    if (page == "certckpn.asp") return showList(visit, true);
    if (page == "certlist.asp") return showList(visit, false);
    if (page == "certcarc.asp") return showAuthority(visit);
    if (page == "certfnsh.asp") {
        auto answer =
            wrong(visit, 405, "This page only takes a form: send one from the page before.");
        answer.headers["Allow"] = "POST";
        return answer;
    }
    return wrong(visit, 404, "There is no such page.");
}

http::Answer WebEnrollment::finish(const Visit& visit)
{
    const auto form = formOf(visit.call);
    if (!form) return wrong(visit, 400, form.error().message);
    const auto mode = web::lowered(form->value("mode"));
    if (mode == "newreq") return submit(visit, *form);
    if (mode == "chkpnd") return showResult(visit, findRequest(visit, form->value("reqid")));
    return wrong(visit, 400, "Mode is neither newreq nor chkpnd.");
}

http::Answer WebEnrollment::submit(const Visit& visit, const web::Parameters& form)
{
    const auto issue = web::readSubmission(form);
    if (!issue) return wrong(visit, 400, issue.error().message);
    return showResult(visit, ask(visit, {*issue, ""}));
}

Disposition WebEnrollment::ask(const Visit& visit, const wstep::TokenRequest& request)
{
    return web::dispositionOf(parts_.requests.answer(
        {endpoint_, parts_.url, visit.call.remoteAddress}, visit.caller, request, visit.now));
}

Disposition WebEnrollment::findRequest(const Visit& visit, const std::string& id)
{
    const bool isNumber =
        !id.empty() && id.size() <= 10 &&
        std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!isNumber)
        return {Disposition::State::Failed, "", "ReqID is not the number of a request.",
            HResult::InvalidArgument, {}};
    auto disposition = ask(visit, {wstep::QueryTokenStatus{id}, ""});
    disposition.requestId = id;
    if (disposition.state == Disposition::State::Issued && disposition.certificate.empty())
        disposition.certificate = storedCertificate(id);
    return disposition;
}

// A relay's CES may answer with a CMC response alone; the relay has taken the certificate from it.
Bytes WebEnrollment::storedCertificate(const std::string& id)
{
    const auto request = parts_.store.findRequest(std::stoll(id));
    if (!request || !*request) return {};
    const auto certificate = parts_.store.findCertificate((*request)->serial);
    return certificate && *certificate ? (*certificate)->der : Bytes();
}

http::Answer WebEnrollment::showResult(const Visit& visit, const Disposition& disposition) const
{
    const auto frame = frameOf(visit);
    switch (disposition.state) {
    case Disposition::State::Issued:
        return web::pageAnswer(200, frame, "Certificate Issued", web::issuedPage(disposition));
    case Disposition::State::Pending:
        return web::pageAnswer(
            200, frame, "Certificate Pending", web::pendingResultPage(disposition));
    case Disposition::State::Denied:
    case Disposition::State::Failed: break;
    }
    parts_.log.info(visit.call.remoteAddress + " " + visit.caller.name +
                    " at /certsrv: " + toPrintable(disposition.message, 512));
    return disposition.state == Disposition::State::Denied
               ? web::pageAnswer(
                     200, frame, "Certificate Request Denied", web::deniedPage(disposition))
               : web::pageAnswer(
                     200, frame, "Certificate Request Failed", web::deniedPage(disposition));
}

web::Offered WebEnrollment::offeredTo(const Caller& caller, const TemplateSet& set)
{
    web::Offered offered;
    for (const auto& [name, one] : set.templates) {
        if (one.mayEnroll(caller.name, caller.groups, caller.certificate)) offered.push_back(&one);
    }
    return offered;
}

http::Answer WebEnrollment::showForm(const Visit& visit, bool submission) const
{
    const auto set = parts_.templates.current();
    const auto offered = offeredTo(visit.caller, *set);
    return submission ? web::pageAnswer(200, frameOf(visit), "Submit a certificate request",
                            web::submissionPage(offered))
                      : web::pageAnswer(200, frameOf(visit), "Make a request with a form",
                            web::requestFormPage(offered));
}

http::Answer WebEnrollment::showRecipe(const Visit& visit)
{
    const auto form = formOf(visit.call);
    if (!form) return wrong(visit, 400, form.error().message);
    const auto set = parts_.templates.current();
    const auto offered = offeredTo(visit.caller, *set);
    const auto& name = form->value("template");
    const auto chosen = std::find_if(
        offered.begin(), offered.end(), [&](const auto* one) { return one->name == name; });
    if (chosen == offered.end())
        return wrong(visit, 400, "There is no such template that you may use.");
    const auto input = web::readRecipe(**chosen, *form);
    if (!input) return wrong(visit, 400, input.error().message);
    return web::pageAnswer(200, frameOf(visit), "Make the key and the request",
        web::recipePage(**chosen, web::writeRecipe(**chosen, *input)));
}

http::Answer WebEnrollment::showList(const Visit& visit, bool pending)
{
    constexpr std::int64_t limit = 200;
    if (pending) {
        const auto requests = parts_.store.requestsOf(visit.caller.name, "pending", limit);
        if (requests)
            return web::pageAnswer(
                200, frameOf(visit), "Your pending requests", web::pendingPage(*requests));
        parts_.log.error("pending requests: " + requests.error().message);
    } else {
        const auto list = parts_.store.certificatesOf(visit.caller.name, limit);
        if (list)
            return web::pageAnswer(
                200, frameOf(visit), "Your certificates", web::certificatesPage(*list, visit.now));
        parts_.log.error("certificates of a caller: " + list.error().message);
    }
    return wrong(visit, 500, "The list cannot be read at the moment.");
}

http::Answer WebEnrollment::wrong(const Visit& visit, int status, std::string_view message) const
{
    return web::pageAnswer(status, frameOf(visit), "This did not work", web::messagePage(message));
}

web::Frame WebEnrollment::frameOf(const Visit& visit) const
{
    return {parts_.chain.front().commonName(), visit.caller.name};
}

} // namespace perennial::enrollment::server
