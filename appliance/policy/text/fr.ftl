# Ce qu'une politique répond en français.

## Verdicts

verdict-allowed = Oui : cette salle peut rejoindre la réunion sur { $host }.
verdict-allowed-after-acceptance = Oui, dès que quelqu'un a accepté sur le panneau ce qui suit : cette salle peut rejoindre la réunion sur { $host }.
verdict-refused = Non : cette salle ne peut pas rejoindre la réunion sur { $host }.
because-platform = La politique { $policy }, version { $version }, mentionne { $host } comme { $kind }.
because-transition = La politique { $policy }, version { $version }, mentionne { $host } comme { $kind }, pour une transition dont le dernier jour est le { $day }.

## Conditions

condition-must-be-encrypted = La réunion reste chiffrée de bout en bout en permanence ; sinon la salle la quitte.
condition-encrypted-if-offered = La réunion est chiffrée de bout en bout si la plateforme le propose ; sinon, cela se voit.
condition-shown-as-not-encrypted = La réunion n'est pas chiffrée de bout en bout, et cela se voit.
condition-pinned-certificate = Le serveur doit présenter un certificat nommé par la politique.
condition-everybody-verified = Tout le monde dans la réunion est vérifié ; avant cela, et dès que quelqu’un ne l’est pas, rien n’est envoyé de la salle.
condition-nothing-kept = C’est une salle classifiée : elle ne conserve rien de la réunion, ni historique, ni messages, ni sous-titres.
condition-nothing-around = Aucune radio de la salle n’est allumée, seuls les appareils USB de la liste sont branchés, et ses écrans ne sont pas visibles d’ailleurs.

## Refus

refusal-policy-over = Le dernier jour de la politique était le { $day } ; il en faut une plus récente.
refusal-host-not-listed = La politique ne mentionne pas { $host }, et ce qu'elle ne mentionne pas est refusé.
refusal-other-kind = La politique mentionne { $host } comme { $listed }, mais cette réunion est sur { $asked }.
refusal-not-encrypted = Les réunions y sont obligatoirement chiffrées de bout en bout, et celle-ci ne l'est pas.
refusal-must-not-be-encrypted = Les réunions n'y sont jamais chiffrées de bout en bout, et celle-ci l'est.
refusal-transition-over = Le dernier jour de la transition { $name } était le { $day }.
refusal-role-may-not = La politique ne permet pas ceci au rôle « { $role } » : { $action }.
refusal-not-permitted = La politique ne permet ceci à personne : { $permission }.
refusal-address = { $address } ne peut pas être contactée. { $why }

## Adresses

address-in = { $address } est dans : { $jurisdiction }.
address-unknown = { $address } n'est dans aucune juridiction connue de la politique.
contact-allowed = { $purpose } : permis par { $range }.
contact-nothing-listed = { $purpose } : refusé, la politique ne cite aucune adresse pour cela.
contact-other-jurisdiction = { $purpose } : refusé, { $jurisdiction } n'est pas citée pour cela.
contact-not-listed = { $purpose } : refusé, l'adresse n'est dans aucune plage citée pour cela.
contact-outside-platform = { $purpose } : refusé, l'adresse n'est pas de celles citées pour { $host }.

## Permissions

permission-yes = { $permission } : permis.
permission-no = { $permission } : non permis.
permission-recording = Enregistrement
permission-transcription = Transcription
permission-captions = Sous-titres
permission-chat = Messages
permission-sharing = Partage d'un ordinateur
permission-people_counting = Comptage des personnes dans la salle

## Noms

kind-visio = plateforme Visio (La Suite Meet)
kind-livekit = serveur LiveKit
kind-sip = passerelle SIP
purpose-media = Son et image
purpose-signalling = Signalisation
purpose-turn = Relais (TURN)
purpose-dns = Noms (DNS)
purpose-ntp = Heure (NTP)
purpose-updates = Mises à jour
purpose-calendar = Agenda
purpose-control = API de commande
role-participant = participant
role-room_user = personne dans la salle
role-facilities = services généraux
role-it = informatique
role-security_officer = responsable de la sécurité
role-auditor = auditeur
action-join = rejoindre des réunions
action-start = commencer une réunion
action-share = partager un ordinateur
action-chat = les messages
action-captions = les sous-titres
action-record = enregistrer
action-transcribe = faire transcrire une réunion
action-moderate = modérer
action-book = réserver la salle
action-accept-transition = accepter qu'une réunion passe la frontière
action-settings = modifier les réglages
action-diagnostics = le diagnostic
action-screenshots = les images des écrans
action-restart = redémarrer la salle
action-enrol = enrôler la salle
action-update = installer des mises à jour
action-install-policy = installer une politique
action-read-log = lire le journal
action-read-evidence = lire où sont passées les réunions

## Titres

heading-conditions = À condition que :
heading-acceptance = À accepter d'abord sur le panneau :
heading-permissions = En réunion :
enforced-so-far = Voilà ce que dit le fichier. Les salles l'appliquent aux réunions à rejoindre, à chaque adresse et certificat de celles-ci, au partage, aux messages et aux sous-titres. Là où il faut accepter une phrase, leur panneau la présente avant chaque appel.
