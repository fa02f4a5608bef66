//! PHP: the extension's own handler, the frameworks on it, and those with stores of their own.

use crate::layout::Layout;

pub mod cakephp;
pub mod codeigniter3;
pub mod codeigniter4;
pub mod codeigniter4_db;
pub mod drupal;
pub mod hyperf;
pub mod joomla;
pub mod joomla_db;
pub mod laminas;
pub mod laravel;
pub mod laravel_database;
pub mod laravel_files;
pub mod laravel_memcached;
pub mod magento1_cm;
pub mod magento2;
pub mod magento2_db;
pub mod mediawiki;
pub mod mediawiki_db;
pub mod moodle;
pub mod moodle_db;
pub mod nextcloud;
pub mod opencart;
pub mod phalcon;
pub mod php_files;
pub mod php_memcached;
pub mod phpbb;
pub mod phpredis;
pub mod predis_session;
pub mod roundcube;
pub mod simplesamlphp;
pub mod swoft;
pub mod symfony;
pub mod symfony_pdo;
pub mod thinkphp5;
pub mod thinkphp6;
pub mod typo3;
pub mod webman;
pub mod wordpress;
pub mod wpruss;
pub mod yii2;
pub mod yii2_cache;
pub mod yii2_db;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] = &[
    &swoft::LAYOUT,
    &laravel::LAYOUT,
    &laravel_database::LAYOUT,
    &laravel_files::LAYOUT,
    &laravel_memcached::LAYOUT,
    &symfony::LAYOUT,
    &codeigniter4::LAYOUT,
    &codeigniter3::LAYOUT,
    &cakephp::LAYOUT,
    &laminas::LAYOUT,
    &joomla::LAYOUT,
    &nextcloud::LAYOUT,
    &mediawiki::LAYOUT,
    &roundcube::LAYOUT,
    &simplesamlphp::LAYOUT,
    &moodle::LAYOUT,
    &magento1_cm::LAYOUT,
    &magento2::LAYOUT,
    &typo3::LAYOUT,
    &hyperf::LAYOUT,
    &opencart::LAYOUT,
    &wpruss::LAYOUT,
    &yii2::LAYOUT,
    &yii2_cache::LAYOUT,
    &thinkphp5::LAYOUT,
    &phalcon::THREE,
    &webman::LAYOUT,
    &phalcon::LAYOUT,
    &thinkphp6::LAYOUT,
    &php_files::LAYOUT,
    &php_memcached::LAYOUT,
    &phpredis::LAYOUT,
    &predis_session::LAYOUT,
    &symfony_pdo::LAYOUT,
    &wordpress::LAYOUT,
    &mediawiki_db::LAYOUT,
    &drupal::LAYOUT,
    &joomla_db::LAYOUT,
    &moodle_db::LAYOUT,
    &magento2_db::LAYOUT,
    &yii2_db::LAYOUT,
    &codeigniter4_db::LAYOUT,
    &phpbb::LAYOUT,
];
