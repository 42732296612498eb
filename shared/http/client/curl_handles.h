#pragma once

#include <curl/curl.h>
#include <memory>

namespace perennial::http {

using EasyHandle = std::unique_ptr<CURL, decltype([](CURL* handle) { curl_easy_cleanup(handle); })>;
using ShareHandle =
    std::unique_ptr<CURLSH, decltype([](CURLSH* handle) { curl_share_cleanup(handle); })>;
using UrlHandle = std::unique_ptr<CURLU, decltype([](CURLU* handle) { curl_url_cleanup(handle); })>;
using HeaderList =
    std::unique_ptr<curl_slist, decltype([](curl_slist* list) { curl_slist_free_all(list); })>;

} // namespace perennial::http
