# frozen_string_literal: true

Rails.application.routes.draw do
  devise_for :users, skip: :all
  %w[login visit slow work].each { |name| get name, to: "shop##{name}" }
  get "me", to: "shop#who"
end
