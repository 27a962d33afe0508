//! The end-to-end scenarios on an embedded broker.

cq_events_tests::every_scenario!(cq_events_tests::cluster::Cluster::embedded);
