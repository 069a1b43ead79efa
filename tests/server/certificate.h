// SPDX-License-Identifier: Apache-2.0
// Certificates made for one test, signed by themselves. Any thread.
#pragma once

#include <string>

namespace cairn::server {

/// Writes a certificate for localhost and 127.0.0.1, owned by `name`, and its key as PEM.
void WriteCertificate(const std::string& name, const std::string& certificate_file,
                      const std::string& key_file);

}  // namespace cairn::server
