# The policies of deploy/policies are part of the program.
file(GLOB_RECURSE policy_files RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/deploy/policies/conftest/*.rego)
list(SORT policy_files)
set(policy_entries "")
set(policy_declarations "")
set(policy_table "")
foreach(path IN LISTS policy_files)
  string(REGEX REPLACE "[^A-Za-z0-9]" "_" symbol ${path})
  string(REPLACE "deploy/policies/conftest/" "" name ${path})
  list(APPEND policy_entries ${symbol} ${path})
  string(APPEND policy_declarations "extern const std::string_view ${symbol};\n")
  string(APPEND policy_table "        {\"${name}\", files::${symbol}},\n")
endforeach()
helix_embed(NAMESPACE helix::app::files OUTPUT ${CMAKE_BINARY_DIR}/policy_files.cpp ENTRIES ${policy_entries})
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/embedded_policies.cpp CONTENT
"#include \"service/app/policies.hpp\"

namespace helix::app {
namespace files {
${policy_declarations}}  // namespace files

std::vector<EmbeddedPolicy> embedded_policies() {
    return {
${policy_table}    };
}

}  // namespace helix::app
" @ONLY)

# The Lean sources that the theorem of one write stands on.
set(lean_entries "")
foreach(module Order Model Gate Reach Sound Theorems)
  string(TOLOWER ${module} symbol)
  list(APPEND lean_entries ${symbol} proofs/Helix/${module}.lean)
endforeach()
helix_embed(NAMESPACE helix::app::lean OUTPUT ${CMAKE_BINARY_DIR}/lean_files.cpp ENTRIES ${lean_entries})

helix_room(NAME helix_app LAYER main
  SOURCES
    service/app/app.cpp
    service/app/cluster_access.cpp
    service/app/cluster_definitions.cpp
    service/app/court_wiring.cpp
    service/app/demo.cpp
    service/app/engines.cpp
    service/app/lean_check.cpp
    service/app/ledger_trust.cpp
    service/app/listen_address.cpp
    service/app/log.cpp
    service/app/open_ledger.cpp
    service/app/outbox_wiring.cpp
    service/app/policies.cpp
    service/app/record_folder.cpp
    service/app/signals.cpp
    service/app/stores.cpp
    service/app/target_factory.cpp
  ROOMS
    helix_domain helix_ports helix_wire helix_usecases helix_court helix_reconcile helix_http
    helix_child_process helix_config helix_conftest helix_falco helix_kubeconfig helix_kubernetes helix_kubernetes_definitions helix_lean_process helix_silo helix_simulated
    helix_smt helix_trial_approval helix_event_sender helix_durable_file helix_head_file helix_ledger_file
    helix_ledger_git helix_ledger_postgres helix_ledger_sqlite helix_openssl_digest helix_openssl_signer helix_real_path helix_system
  LIBRARIES spdlog::spdlog PkgConfig::httplib)
target_sources(helix_app PRIVATE ${CMAKE_BINARY_DIR}/policy_files.cpp ${CMAKE_BINARY_DIR}/embedded_policies.cpp
  ${CMAKE_BINARY_DIR}/lean_files.cpp)

# One binary: the service and the command line; called helixd it serves.
add_executable(helix ${CMAKE_SOURCE_DIR}/service/main.cpp)
target_include_directories(helix PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(helix PRIVATE helix_app helix_cli)
add_custom_command(TARGET helix POST_BUILD COMMAND ${CMAKE_COMMAND} -E create_symlink helix $<TARGET_FILE_DIR:helix>/helixd
  COMMAND ${CMAKE_COMMAND} -E create_symlink helix $<TARGET_FILE_DIR:helix>/pemos)
