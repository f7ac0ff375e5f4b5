helix_room(NAME helix_app LAYER main
  SOURCES
    service/app/app.cpp
    service/app/cluster_access.cpp
    service/app/cluster_definitions.cpp
    service/app/demo.cpp
    service/app/engines.cpp
    service/app/ledger_trust.cpp
    service/app/listen_address.cpp
    service/app/log.cpp
    service/app/open_ledger.cpp
    service/app/outbox_wiring.cpp
    service/app/signals.cpp
    service/app/stores.cpp
    service/app/target_factory.cpp
  ROOMS
    helix_domain helix_ports helix_wire helix_usecases helix_reconcile helix_http
    helix_config helix_kubeconfig helix_kubernetes helix_kubernetes_definitions helix_simulated helix_smt
    helix_event_sender helix_head_file helix_ledger_file
    helix_ledger_git helix_ledger_postgres helix_ledger_sqlite helix_openssl_digest helix_openssl_signer helix_system
  LIBRARIES spdlog::spdlog PkgConfig::httplib)

# One binary: the service and the command line; called helixd it serves.
add_executable(helix ${CMAKE_SOURCE_DIR}/service/main.cpp)
target_include_directories(helix PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(helix PRIVATE helix_app helix_cli)
add_custom_command(TARGET helix POST_BUILD COMMAND ${CMAKE_COMMAND} -E create_symlink helix $<TARGET_FILE_DIR:helix>/helixd)
