#pragma once

#include "controller/enrollment/ces/request_service.h"
#include "controller/enrollment/publication/crl_publisher.h"
#include "controller/enrollment/templates/held_templates.h"
#include "controller/enrollment/web/page.h"
#include "controller/enrollment/web/pages.h"
#include "controller/enrollment/web/parameters.h"
#include "controller/enrollment/web/sign_in.h"

#include <functional>

namespace perennial::enrollment::server {

// /certsrv: CA Web Enrollment for people and for the programs that read its pages. Every request
// goes through the same RequestService as CES's. Only for listeners with TLS.
class WebEnrollment {
public:
    struct Parts {
        const WebEnrollmentSettings& settings;
        const HeldTemplates& templates;
        const std::vector<x509::Certificate>& chain; // issuing authority first, root last
        Authenticator& authenticator;
        RequestService& requests;
        EnrollmentStore& store;
        std::function<CrlPublisher::Lists()> revocationLists; // the newest
        std::string url;                                      // of /certsrv/
        const Clock& clock;
        const Log& log;
    };
    explicit WebEnrollment(const Parts& parts);

    // For paths that isWebEnrollmentPath() takes.
    http::Answer answer(const http::Call& call);

private:
    struct Visit { // one call of a caller who is known
        const http::Call& call;
        const Caller& caller;
        const web::Parameters& query;
        TimePoint now;
    };

    http::Answer refuseCaller(const Error& error) const;
    http::Answer answerKnown(const std::string& page, const Visit& visit);
    http::Answer answerPost(const std::string& page, const Visit& visit);
    http::Answer answerPage(const std::string& page, const Visit& visit);
    std::optional<http::Answer> answerFile(const std::string& page, const Visit& visit);

    http::Answer finish(const Visit& visit);
    http::Answer submit(const Visit& visit, const web::Parameters& form);
    http::Answer showRecipe(const Visit& visit);
    http::Answer showResult(const Visit& visit, const web::Disposition& disposition) const;
    http::Answer showStatus(const Visit& visit, const web::Disposition& disposition) const;
    http::Answer showList(const Visit& visit, bool pending);
    http::Answer showAuthority(const Visit& visit) const;
    http::Answer wrong(const Visit& visit, int status, std::string_view message) const;

    http::Answer certificate(const Visit& visit, bool chain);
    http::Answer authorityFile(const Visit& visit, bool chain);
    http::Answer revocationList(const Visit& visit);

    web::Disposition ask(const Visit& visit, const wstep::TokenRequest& request);
    web::Disposition findRequest(const Visit& visit, const std::string& id);
    Bytes storedCertificate(const std::string& id);
    // Of `set`: it must be kept while they are used.
    static web::Offered offeredTo(const Caller& caller, const TemplateSet& set);
    http::Answer showForm(const Visit& visit, bool submission) const;
    web::Frame frameOf(const Visit& visit) const;

    const Parts parts_;
    const web::SignIn signIn_;
    const EnrollmentServiceSettings endpoint_; // as the service sees /certsrv
};

} // namespace perennial::enrollment::server
