# frozen_string_literal: true

# An application on Rails with Devise: its users in SQLite, its sessions in the store that $STORE names, and its
# cache in the same Redis. $SIGNED makes a message of the cookie that takes the application's secret to open.

ENV["RAILS_ENV"] = "production"
ENV["DATABASE_URL"] = "sqlite3:#{ENV.fetch("MEET")}/#{ENV.fetch("NAME")}.sqlite"
require "active_record/railtie"
require "action_controller/railtie"
require "redis-actionpack"
require "devise"
require "devise/orm/active_record"

require_relative "serve"

# redis-actionpack 5.3.0 seals cookies (`signed: true`) and does not ask its own `get_cookie` for them again; this does.
class SealedStore < ActionDispatch::Session::RedisStore
  private

  def extract_session_id(request)
    id = get_cookie(wrap_in_request(request.env))
    id && Rack::Session::SessionId.new(id)
  end
end

class Shop < Rails::Application
  config.load_defaults 6.1
  config.eager_load = false
  config.secret_key_base = ENV.fetch("SECRET_KEY_BASE")
  config.hosts.clear
  config.action_dispatch.cookies_serializer = :json # as in every application that was made since Rails 4.1
  config.logger = Logger.new($stderr)
  config.log_level = :warn
  # In a file of their own, because Devise sets itself up when the routes are first complete.
  paths["config/routes.rb"] = "#{__dir__}/rails_routes.rb"
  config.cache_store = :redis_cache_store, { url: "unix://#{ENV.fetch("SOCKET")}", namespace: "shop", expires_in: 3600 }
  if ENV.fetch("STORE") == "cache_store"
    config.session_store :cache_store, key: "_shop_session", expire_after: 3600
  else
    sealed = !ENV["SIGNED"].nil?
    config.session_store (sealed ? SealedStore : :redis_store), key: "_shop_session", expire_after: 3600, signed: sealed,
                         servers: [{ path: ENV.fetch("SOCKET"), namespace: "shop:session" }]
  end
end

Devise.setup do |config|
  config.stretches = 4
  config.secret_key = ENV.fetch("SECRET_KEY_BASE")
end

class User < ActiveRecord::Base
  devise :database_authenticatable, :rememberable, :timeoutable
end

class ShopController < ActionController::Base
  def login
    user = User.find(params[:user])
    raise "a wrong password" unless user.valid_password?("secret of #{user.email}")

    user.remember_me = params[:remember]
    sign_in(user)
    who
  end

  def visit
    session[:cart] = [{ sku: "tea", since: Time.utc(2024, 5, 17, 8, 30) }]
    who
  end

  def slow
    session[:cart]
    Serve.meet
    who
  end

  def work
    Rails.cache.write("user/1", { "warden.user.user.key" => [[1], "$2a$04$"] })
    Rails.cache.increment("hits", 41)
    Rails.cache.write("rows", [1, 2, 3], expires_in: 600)
    head :ok
  end

  def who
    render json: { user: current_user&.id }
  end
end

Shop.initialize!
ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table :users do |table|
    table.string :email, null: false
    table.string :encrypted_password, null: false
    table.datetime :remember_created_at
  end
end
%w[alice bob].each { |name| User.create!(email: "#{name}@example.com", password: "secret of #{name}@example.com") }
Serve.run(Rails.application)
